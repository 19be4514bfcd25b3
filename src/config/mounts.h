/*
 * mounts.h - [mounts]: from an entry to the one list of what it means.
 */
#ifndef CONFIG_MOUNTS_H
#define CONFIG_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "config/mount_value.h"
#include "config/settings.h"

/* That of s->v[i]; *ret stays until the settings are cleared. */
int settings_mount(const struct settings *s, size_t i, const struct mount_source **ret,
		   struct err *e);

/* One entry of the list. source, real and where point into the settings. */
struct mount_setting {
	enum mount_kind kind;
	char *target;	    /* absolute inside the box, normalized; "~" is the home inside */
	const char *source; /* BIND: absolute host path, by text; CACHE: its name; TMPFS: NULL */
	const char *real;   /* BIND: source with links followed; NULL: error says why */
	int error;	    /* an errno */
	bool outside;	    /* BIND: real is not a part of the project */
	bool read_only;
	bool overlay;		 /* BIND: what is written stays in the box */
	bool own;		 /* CACHE: the project's own, not one that projects share */
	unsigned long long size; /* TMPFS: bytes, 0 for the kernel's default */
	bool users;		 /* of a profile that a flag or a variable names */
	size_t at;		 /* of the setting, in the settings' v */
	const char *where;	 /* its source, for messages */
};

/*
 * All of [mounts], in order: what is asked for (reach.h) and what is mounted (assemble.c) is read from this
 * list. home is the home directory inside the box. The caller frees with mount_settings_free().
 */
int settings_mounts(const struct settings *s, const char *home, struct mount_setting **ret,
		    size_t *ret_n, struct err *e);
void mount_settings_free(struct mount_setting *v, size_t n);

/* The directory that an image's name of the form dir:FOLDER means, by text alone, or NULL; the caller frees. */
char *image_folder(const char *image, const char *base);

#endif
