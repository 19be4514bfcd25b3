/*
 * uppers.c - where the upper directory of an overlay can be.
 */
#include "box/uppers.h"

#include <linux/magic.h>
#include <stdio.h>
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
	int major = 0, minor = 0;

	uname(&u);
	return sscanf(u.release, "%d.%d", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 6));
}
