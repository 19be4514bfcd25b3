/*
 * identity_spaces.h - the user namespaces in which the box's one uid bears another id.
 */
#ifndef LAUNCH_IDENTITY_SPACES_H
#define LAUNCH_IDENTITY_SPACES_H

#include <stdint.h>
#include <sys/types.h>

#include "launch/identity_ids.h"

/* What is the same for all who live in it; the groups cannot be seen in the kernel, so they are here. */
struct space {
	uint32_t uid, gid;
	uint32_t n_groups;
	uint32_t groups[IDS_MAX_GROUPS];
	ino_t inode; /* of the namespace, as stat(2) has it */
	int fd;
};

struct spaces {
	struct space **v;
	size_t n;
};

/*
 * The namespace of the effective ids and the groups in ids, made when it is first asked for. proc_fd
 * is /proc. Returns it (spaces owns it), or NULL with errno: EAGAIN when there are too many.
 */
const struct space *spaces_get(struct spaces *s, const struct ids *ids, int proc_fd);

/* The one with this inode, or NULL. */
const struct space *spaces_find(const struct spaces *s, ino_t inode);

#endif
