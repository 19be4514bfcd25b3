/*
 * mount_setting.h - entries of [mounts]: a part of settings.h.
 */
#ifndef CONFIG_MOUNT_SETTING_H
#define CONFIG_MOUNT_SETTING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct settings;
struct mount_source; /* mounts.h */

enum mount_kind { MOUNT_SETTING_BIND, MOUNT_SETTING_CACHE, MOUNT_SETTING_TMPFS };

/* One entry of [mounts], parsed and resolved, once: mounts.h. source, real and where point into settings. */
struct mount_setting {
	enum mount_kind kind;
	char *target;	    /* absolute inside the box, normalized; "~" is the home inside */
	const char *source; /* BIND: absolute host path, by text; CACHE: its name; TMPFS: NULL */
	const char *real;   /* BIND: source with links followed; NULL: error says why */
	int error;	    /* an errno */
	bool outside;	    /* BIND: real is no part of the project */
	bool read_only;
	bool overlay;		 /* BIND: what is written stays in the box */
	bool own;		 /* CACHE: the project's own, not one that projects share */
	unsigned long long size; /* TMPFS: bytes, 0 for the kernel's default */
	bool users;		 /* of a profile that a flag or a variable names */
	const char *where;	 /* source of the setting, for messages */
};

/* Parses [mounts] in order; home is the home directory inside the box. The caller frees with
 * mount_settings_free(). */
int settings_mounts(const struct settings *s, const char *home, struct mount_setting **ret,
		    size_t *ret_n, struct err *e);
void mount_settings_free(struct mount_setting *v, size_t n);

#endif
