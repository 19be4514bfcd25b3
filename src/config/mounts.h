/*
 * mounts.h - [mounts]: from an entry to the one resolved list.
 */
#ifndef CONFIG_MOUNTS_H
#define CONFIG_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "config/mount_value.h"
#include "config/settings.h"

/* The resolved source of s->v[i]; *ret is valid until the settings are cleared. */
int settings_mount(const struct settings *s, size_t i, const struct mount_source **ret,
		   struct err *e);

/* One entry of the list. source, real and where point into the settings. */
struct mount_setting {
	enum mount_kind kind;
	char *target; /* absolute inside the box, normalized; "~" is the home inside */
	const char *
		source; /* BIND: absolute host path, unresolved; TMPFS: NULL; TEXT: that; else its name */
	mode_t mode;	  /* TEXT */
	const char *real; /* BIND: source with symlinks followed; NULL: see error */
	int error;	  /* an errno */
	bool outside;	  /* BIND: real is outside the project */
	bool missing;	  /* BIND: real is a directory of the project that is to be made */
	bool read_only;
	bool overlay;		 /* BIND: writes stay in the box */
	bool own;		 /* CACHE: the project's own, not a shared one */
	unsigned long long size; /* TMPFS: bytes, 0 for the kernel's default */
	bool users;		 /* from a profile that a flag or a variable names */
	size_t at;		 /* index of the setting in the settings' v */
	const char *where;	 /* its source, for messages */
};

/*
 * All of [mounts], in order: both what is asked for (reach.h) and what is mounted (assemble.c) come
 * from this list. home is the home directory inside the box. Free it with mount_settings_free().
 */
int settings_mounts(const struct settings *s, const char *home, struct mount_setting **ret,
		    size_t *ret_n, struct err *e);
void mount_settings_free(struct mount_setting *v, size_t n);

/*
 * The directory of an image name of the form dir:DIRECTORY, resolved textually, or NULL. The caller
 * frees it.
 */
char *mounts_image_folder(const char *image, const char *base);

#endif
