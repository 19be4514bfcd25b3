/*
 * added.c - mounts for a box that runs: made outside, attached inside.
 *
 *	launcher's helper					pid 1
 *	-----------------					-----
 *	1 MOUNTS, over the control socket ------------------->
 *					  <------------------- its mount namespace
 *	2 setns(user): that which owns the namespace, as its owner, with all rights in it
 *	3 unshare(mount): the host's mounts, as the box's user namespace may see them
 *	4 each mount is made on the staging directory, with what protects parts of it, as at a
 *	  start; open_tree(CLONE | RECURSIVE): one detached tree
 *	5 setns(mount): the box's
 *	6 the target is resolved beneath the box's root, and the tree attached
 *
 * A start does nothing for it, and pid 1 needs no right. This is the one process of the host that
 * enters a box: only its mount namespace, so that no process in there can name it; undumpable, so
 * that none could trace it; and it opens nothing there but targets. Of what it gets from pid 1 the
 * kernel checks that it is a mount namespace over which the caller has rights.
 */
#include "launch/added.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/helper.h"
#include "base/mem.h"
#include "base/path.h"
#include "launch/mount.h"
#include "launch/mounts.h"
#include "launch/protocol.h"

#define ANSWER_S 10

struct adding {
	int mounts; /* the box's mount namespace */
	const char *staging;
	const struct added_mount *v;
	size_t n;
	int *trees; /* of each, detached, or -1 */
};

static int ask_for_mounts(int connection, int *ret_fd, struct err *e)
{
	const struct timeval limit = {.tv_sec = ANSWER_S};
	struct message m = {.type = MESSAGE_MOUNTS};
	int fds[PROTOCOL_MAX_FDS], n_fds = 0;
	int r = message_send(connection, &m, NULL, 0, 0);

	if (r == 0 && setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		r = -errno;
	if (r == 0)
		r = message_receive(connection, &m, fds, &n_fds, 0);
	if (r == 1 && m.type == MESSAGE_MOUNTS && n_fds == 1) {
		*ret_fd = fds[0];
		return 0;
	}
	for (int i = 0; i < n_fds; i++)
		close_fd(&fds[i]);
	if (r == 1 && m.type == MESSAGE_ERROR) {
		*e = m.error;
		return -e->code;
	}
	if (r == -EAGAIN)
		return err_set(e, EBUSY, "the box does not answer");
	return err_set(e, ERR_RETRY, "the box has ended, or cannot add mounts");
}

/* Steps 2 and 3. */
static int enter_rights(const struct adding *a, struct err *e)
{
	cleanup_close int owner = -1;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(e, errno, "cannot become undumpable");
	owner = ioctl(a->mounts, NS_GET_USERNS);
	if (owner < 0 || setns(owner, CLONE_NEWUSER) < 0)
		return err_sys(e, errno, "cannot enter the box's user namespace");
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(e, errno, "cannot make a mount namespace");
	umask(0);
	return 0;
}

/* Makes one at its target beneath a directory of its own. */
static int make_one(const struct added_mount *m, size_t i, int host, int memory, int *ret_tree,
		    struct err *e)
{
	const struct plan plan = {.mounts = m->v, .n_mounts = m->n};
	cleanup_close int place = -1, root = -1, made = -1;
	char name[32];
	int r;

	snprintf(name, sizeof(name), "added-%zu", i);
	r = path_mkdirs_beneath(memory, name, 0700, &place, e);
	if (r == 0)
		r = path_mkdirs_beneath(place, "root", 0700, &root, e);
	if (r == 0)
		r = mounts_apply(&plan, MOUNTS_OF_IMAGE, root, host, place, e);
	if (r == 0)
		r = mounts_apply(&plan, MOUNTS_OF_DEV, root, host, place, e);
	if (r == 0)
		r = path_open_nolinks(root, m->v->target, O_PATH, 0, &made, e);
	return r < 0 ? r : mount_clone_open(made, m->v->target, 0, ret_tree, e);
}

static int make_all(const struct adding *a, struct err *e)
{
	cleanup_close int host = -1, memory = -1;
	int r = mount_memory(a->staging, &memory, e);

	if (r == 0)
		r = mount_open_dir("/", &host, e);
	for (size_t i = 0; r == 0 && i < a->n; i++)
		r = make_one(&a->v[i], i, host, memory, &a->trees[i], e);
	return r;
}

/* A symlink of the box must not lead to what pid 1 relies on, nor to where all would be hidden. */
static int check_place(int root, int target, const char *name, struct err *e)
{
	struct stat top, there;
	struct statfs fs;

	if (fstat(root, &top) < 0 || fstat(target, &there) < 0 || fstatfs(target, &fs) < 0)
		return err_sys(e, errno, "cannot look at '%s' in the box", name);
	if ((top.st_dev == there.st_dev && top.st_ino == there.st_ino) ||
	    fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC)
		return err_set(e, ELOOP,
			       "a symlink of the box leads '%s' to a place of the box's own", name);
	return 0;
}

static int attach_all(const struct adding *a, struct err *e)
{
	cleanup_close int root = -1;
	int r;

	if (setns(a->mounts, CLONE_NEWNS) < 0)
		return err_sys(e, errno, "cannot enter the box's mount namespace");
	r = mount_open_dir("/", &root, e);
	for (size_t i = 0; r == 0 && i < a->n; i++) {
		const struct plan_mount *m = a->v[i].v;
		cleanup_close int target = -1;

		r = mounts_open_target(m, root, a->trees[i], &target, e);
		if (r == 0)
			r = check_place(root, target, m->target, e);
		r = r < 0 ? err_add(e, "cannot mount '%s'", m->target)
			  : mount_attach(a->trees[i], target, m->target, e);
	}
	return r;
}

static int add(void *arg, struct err *e)
{
	const struct adding *a = arg;
	int r = enter_rights(a, e);

	if (r == 0)
		r = make_all(a, e);
	return r < 0 ? r : attach_all(a, e);
}

int added_attach(int connection, const char *staging, const struct added_mount *v, size_t n,
		 struct err *e)
{
	cleanup_close int mounts = -1;
	cleanup_free int *trees = xcalloc(n + 1, sizeof(*trees));
	struct adding a = {.staging = staging, .v = v, .n = n, .trees = trees};
	int r = ask_for_mounts(connection, &mounts, e);

	a.mounts = mounts;
	for (size_t i = 0; i < n; i++)
		trees[i] = -1;
	if (r == 0)
		r = helper_run(add, &a, e);
	for (size_t i = 0; i < n; i++)
		close_fd(&trees[i]);
	return r;
}
