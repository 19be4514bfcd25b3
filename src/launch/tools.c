/*
 * tools.c - the root of a session of tools: made outside, entered inside.
 *
 *	launcher's helper (tools_make)		session's process (tools_enter), as you
 *	------------------------------		---------------------------------------
 *	1 unshare(user, mount), id map		4 unshare(mount): copies of the box's mounts,
 *	2 rootfs_image()			  locked as they are
 *	3 unshare(user, mount) again: what	5 the tree is mounted over the root
 *	  is read-only is locked so		6 the shared directories are cloned into it
 *	  open_tree(CLONE): the tree --------->	7 pivot_root; the box's root is now /box
 *		SESSION, by pid 1
 *
 * No process of the host enters the box, pid 1 needs no further right, and the box's own mount
 * namespace does not change. Symlinks planted by the box lead to files of the box, those of the
 * tools' image to files of the tools. All of the box's mounts are private (rootfs.c), so nothing
 * propagates. Code in the box can do to this session what it can do to any other: the tools' image
 * is not secret from it.
 */
#include "launch/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/helper.h"
#include "base/idmap.h"
#include "base/path.h"
#include "launch/mount.h"
#include "launch/rootfs.h"

struct making {
	const struct plan *plan;
	struct strv *shared;
	int tree;
};

static int new_namespaces(struct err *e)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return err_sys(e, errno, "cannot make namespaces for the tools");
	return 0;
}

/*
 * Mounts copied into the namespace of a less privileged user keep their flags forever, also in
 * clones (mount_namespaces(7)). Code that gets into "you" with its rights, as root of a box with
 * nested = yes can, must not make the host's /usr writable. Keeps the working directory.
 */
static int lock_and_detach(int root, int *ret_tree, struct err *e)
{
	int tree, r = fchdir(root) < 0 ? err_sys(e, errno, "cannot enter the tools' root")
				       : new_namespaces(e);

	if (r < 0)
		return r;
	tree = open_tree(AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (tree < 0)
		return err_sys(e, errno, "cannot detach the tools' root");
	*ret_tree = tree;
	return 0;
}

/* Called while a problem can still be reported to the caller. */
static void make_places(int root, struct strv *shared)
{
	size_t n = 0;

	for (size_t i = 0; i < shared->n; i++) {
		cleanup_close int place = -1;
		struct err ignored;

		if (path_mkdirs_beneath(root, shared->v[i], 0755, &place, &ignored) == 0)
			shared->v[n++] = shared->v[i];
		else
			free(shared->v[i]);
	}
	shared->v[n] = NULL;
	shared->n = n;
}

static int make(void *arg, struct err *e)
{
	struct making *m = arg;
	const struct plan *p = m->plan;
	struct rootfs root = {.fd = -1, .scratch = -1};
	cleanup_close int host = -1, box = -1;
	int r = new_namespaces(e);

	umask(0);
	if (r == 0)
		r = idmap_write(0, 0, p->outer_uid, p->outer_gid, e);
	if (r == 0)
		r = mount_open_dir("/", &host, e);
	if (r == 0)
		r = rootfs_image(p, host, &root, e);
	if (r == 0)
		r = mount_open_fixed_dir(root.fd, TOOLS_BOX_DIR, &box, e);
	if (r == 0) {
		make_places(root.fd, m->shared);
		r = lock_and_detach(root.fd, &m->tree, e);
	}
	close_fd(&root.fd);
	close_fd(&root.scratch);
	return r;
}

int tools_make(const struct plan *p, struct strv *shared, int *ret_tree, struct err *e)
{
	struct making m = {.plan = p, .shared = shared, .tree = -1};
	int r = helper_run(make, &m, e);

	if (r == 0)
		*ret_tree = m.tree;
	return r;
}

/* A directory that the box does not have is skipped. */
static int share(int box, int tree, const char *path, struct err *e)
{
	cleanup_close int from = -1, clone = -1, target = -1;
	int r = path_open_beneath(box, path, O_PATH | O_DIRECTORY, 0, &from, e);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = mount_clone_open(from, path, 0, &clone, e);
	if (r == 0)
		r = path_mkdirs_beneath(tree, path, 0755, &target, e);
	if (r == 0)
		r = mount_attach(clone, target, path, e);
	return r < 0 ? err_add(e, "cannot show the box's '%s' to the tools", path) : 0;
}

int tools_enter(int tree, char *const *shared, struct err *e)
{
	cleanup_close int box = -1;
	int r;

	if (unshare(CLONE_NEWNS) < 0)
		return err_sys(e, errno, "cannot make a mount namespace for the tools");
	r = mount_open_dir("/", &box, e);
	if (r == 0)
		r = mount_attach(tree, box, "/", e);
	for (; r == 0 && *shared; shared++)
		r = share(box, tree, *shared, e);
	if (r < 0)
		return r;
	if (fchdir(tree) < 0 || syscall(SYS_pivot_root, ".", &TOOLS_BOX_DIR[1]) < 0 ||
	    chdir("/") < 0)
		return err_sys(e, errno, "cannot make the tools' root the root");
	return 0;
}
