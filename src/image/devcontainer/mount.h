/*
 * mount.h - a mount of a devcontainer.json: text as docker-run(1) has it with --mount, or an object.
 */
#ifndef IMAGE_DEVCONTAINER_MOUNT_H
#define IMAGE_DEVCONTAINER_MOUNT_H

#include "image/devcontainer/layers.h"

struct mount {
	char *source, *target, *type, *size; /* each may be NULL */
	bool read_only;
	bool create; /* a missing source is made: -v, and bind-create-src of --mount */
};

void mount_clear(struct mount *m);
#define cleanup_mount __attribute__((cleanup(mount_clear)))

/* Reads one, with its variables replaced. False, with a note: it cannot be read. */
bool mount_read(const struct merging *m, const struct said_at *at, const char *what,
		const json_t *value, struct strv *names, struct mount *ret);

/* The name of a volume as one of a cache; the caller frees it. */
char *mount_cache_name(const char *volume);

#endif
