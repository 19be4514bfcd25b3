/*
 * idmap.c - writing the id maps of user namespaces; user_namespaces(7).
 *
 * A single id: a process may always map itself, so no helper program and no privilege is needed. It
 * must still be dumpable: otherwise its /proc/self belongs to root.
 */
#include "base/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"

static int write_proc(const char *path, const char *text, struct err *e)
{
	cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return err_sys(e, errno, "cannot open '%s'", path);
	r = write_all(fd, text, strlen(text));
	return r < 0 ? err_sys(e, -r, "cannot write '%s'", path) : 0;
}

int idmap_write(uid_t inner_uid, gid_t inner_gid, uid_t outer_uid, gid_t outer_gid, struct err *e)
{
	char uid_map[40], gid_map[40];
	int r;

	snprintf(uid_map, sizeof(uid_map), "%u %u 1\n", inner_uid, outer_uid);
	snprintf(gid_map, sizeof(gid_map), "%u %u 1\n", inner_gid, outer_gid);
	r = write_proc("/proc/self/uid_map", uid_map, e);
	if (r == 0)
		r = write_proc("/proc/self/setgroups", "deny", e);
	if (r == 0)
		r = write_proc("/proc/self/gid_map", gid_map, e);
	return r;
}
