/*
 * profile.h - finding profiles by name.
 *
 * A name with a slash is a file, relative to the directory of the file that names it ("~/" is the
 * home). Any other is NAME.ini among the user's profiles ($XDG_CONFIG_HOME/sandbox/profiles), else
 * among those that came with the program (../share/sandbox/profiles, relative to the program).
 */
#ifndef CONFIG_PROFILE_H
#define CONFIG_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct profile {
	char *name;
	char *path;
	char *description; /* the file's first line, if it is a comment; else "" */
	bool system;	   /* came with the program */
};

/* The program's data directory; NULL if /proc cannot be read. The caller frees it. */
char *profile_data_dir(void);

/*
 * The path of the profile that the file from (in directory dir) calls name. The search skips from,
 * so that the user's dev.ini may include the system's dev. *ret_system: it came with the program.
 * The caller frees *ret. ERR_USAGE if there is none; the message suggests the nearest name.
 */
int profile_find(const char *name, const char *dir, const char *from, char **ret, bool *ret_system,
		 struct err *e);

/* All profiles with a name, sorted by it; the user's hide the system's. */
int profile_list(struct profile **ret, size_t *ret_n, struct err *e);
void profile_list_free(struct profile *v, size_t n);

#endif
