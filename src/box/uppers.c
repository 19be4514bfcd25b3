/*
 * uppers.c - where the upper directory of an overlay can be.
 */
#include "box/uppers.h"

#include <linux/magic.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

bool uppers_work_in_store(const struct store *s, const char **ret_why)
{
	struct statfs fs;

	if (fstatfs(s->data_fd, &fs) < 0)
		return true;
	switch (fs.f_type) {
	case OVERLAYFS_SUPER_MAGIC:
		*ret_why = "an overlay";
		return false;
	case NFS_SUPER_MAGIC:
		*ret_why = "NFS";
		return false;
	default:
		return true;
	}
}

bool uppers_work_in_memory(void)
{
	struct utsname u;
	char *rest;
	long major, minor;

	uname(&u);
	major = strtol(u.release, &rest, 10);
	minor = *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;
	return major > 6 || (major == 6 && minor >= 6);
}
