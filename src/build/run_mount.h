/*
 * run_mount.h - the value of RUN --mount.
 */
#ifndef BUILD_RUN_MOUNT_H
#define BUILD_RUN_MOUNT_H

#include <stdbool.h>

#include "base/err.h"
#include "build/expand.h"

enum run_mount_type {
	RUN_MOUNT_BIND,
	RUN_MOUNT_CACHE,
	RUN_MOUNT_TMPFS,
	RUN_MOUNT_SECRET,
	RUN_MOUNT_SSH,
};

/* A string is NULL if it was not given. */
struct run_mount {
	enum run_mount_type type;
	char *from, *source, *target, *id;
	char *sharing; /* shared, private or locked */
	char *env;     /* the name of a variable, for a secret */
	char *size;
	char *mode, *uid, *gid;
	bool read_only, required;
	bool kept; /* a variable stayed as written */
};

extern const char *const run_mount_types[]; /* "bind", by type */

/*
 * Reads the value, with the variables in it replaced. What has a variable that stays as written is
 * not checked. ERR_USAGE.
 */
int run_mount_parse(const char *text, const struct expand_options *options,
		    const struct variables *vars, struct run_mount *ret, struct err *e);
void run_mount_clear(struct run_mount *m);
#define cleanup_run_mount __attribute__((cleanup(run_mount_clear)))

/* Of all its strings. */
size_t run_mount_bytes(const struct run_mount *m);

/* The value of from, with its variables as written; NULL if there is none. The caller frees it. */
int run_mount_from(const char *text, char **ret, struct err *e);

#endif
