/*
 * identity_spaces.h - the user namespaces in which the box's one uid has another id.
 */
#ifndef LAUNCH_IDENTITY_SPACES_H
#define LAUNCH_IDENTITY_SPACES_H

#include <stdint.h>
#include <sys/types.h>

#include "launch/identity_ids.h"

/*
 * What all processes in it have in common. The kernel does not show the groups, so they are kept
 * here.
 */
struct space {
	uint32_t uid, gid;
	uint32_t n_groups;
	uint32_t groups[IDS_MAX_GROUPS];
	ino_t inode; /* of the namespace, as stat(2) reports it */
	int fd;
};

struct spaces {
	struct space **v;
	size_t n;
};

/*
 * The namespace for the effective ids and the groups in ids; made on first use. proc_fd is /proc.
 * spaces owns the result. NULL with errno on failure: EAGAIN if there are too many.
 */
const struct space *spaces_get(struct spaces *s, const struct ids *ids, int proc_fd);

/* The namespace with this inode, or NULL. */
const struct space *spaces_find(const struct spaces *s, ino_t inode);

#endif
