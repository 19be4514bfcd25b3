/*
 * xdg.h - the user's directories, as the XDG Base Directory Specification has them.
 *
 * A variable that is not an absolute path is ignored, as the specification says. Returned strings
 * are the caller's.
 */
#ifndef CONFIG_XDG_H
#define CONFIG_XDG_H

#include "base/err.h"

char *xdg_home(void);	    /* $HOME, else the passwd entry's */
char *xdg_data_dir(void);   /* $XDG_DATA_HOME/sandbox, else ~/.local/share/sandbox */
char *xdg_config_dir(void); /* $XDG_CONFIG_HOME/sandbox, else ~/.config/sandbox */

/*
 * The data directory, open at fd, is the caller's, and nobody else can write to it: what lies in it is run
 * and believed.
 */
int xdg_check_data(int fd, const char *path, struct err *e);

/*
 * Makes $XDG_RUNTIME_DIR/sandbox; when there is no runtime directory that belongs to the caller,
 * /tmp/sandbox-UID. Either is a directory of the caller's own with mode 0700, or an error.
 */
int xdg_runtime_dir(char **ret, struct err *e);

/*
 * Makes path with mode 0700, or makes sure that what is there is a directory (no link to one) that
 * belongs to the caller and has this mode. The parent exists.
 */
int xdg_private_dir(const char *path, struct err *e);

#endif
