/*
 * xdg.h - the user's directories according to the XDG Base Directory Specification.
 *
 * A variable that is not an absolute path is ignored, as the specification says. The caller frees
 * returned strings.
 */
#ifndef CONFIG_XDG_H
#define CONFIG_XDG_H

#include "base/err.h"

char *xdg_home(void);	    /* $HOME, else the passwd entry's */
char *xdg_data_dir(void);   /* $XDG_DATA_HOME/sandbox, else ~/.local/share/sandbox */
char *xdg_config_dir(void); /* $XDG_CONFIG_HOME/sandbox, else ~/.config/sandbox */

/*
 * Checks that the data directory, open at fd, belongs to the caller and nobody else can write to
 * it: its content is trusted and executed.
 */
int xdg_check_data(int fd, const char *path, struct err *e);

/*
 * Makes $XDG_RUNTIME_DIR/sandbox; if no runtime directory belongs to the caller, /tmp/sandbox-UID.
 * The result is the caller's own directory with mode 0700, or an error.
 */
int xdg_runtime_dir(char **ret, struct err *e);

/*
 * Makes path with mode 0700. If it exists, it must be a directory (not a symlink) of the caller
 * with this mode. The parent must exist.
 */
int xdg_private_dir(const char *path, struct err *e);

#endif
