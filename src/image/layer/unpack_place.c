/*
 * unpack_place.c - where an entry goes: cleaned names, parents, implicit directories, whiteouts.
 *
 * Promises that every parent is opened beneath the root, following symlinks only inside it. A ".."
 * removes the component before it, textually, as in all readers of layers; a leading one is
 * refused.
 */
#include "image/layer/unpack_place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "image/document/meta.h"
#include "image/store/view.h"

#define PATH_BYTES_MAX 4096
#define NAME_BYTES_MAX 255

int unpack_clean_name(const char *raw, char **ret, struct err *e)
{
	cleanup_buf struct buf clean = BUF_INIT;
	char quoted[300];

	err_quote(quoted, sizeof(quoted), raw);
	if (!*raw || strlen(raw) > PATH_BYTES_MAX)
		return err_set(e, EBADMSG, "the name of the entry '%s' is empty or too long",
			       quoted);
	for (const char *c = raw; *c; c += strspn(c, "/")) {
		size_t n = strcspn(c, "/");

		if (n > NAME_BYTES_MAX)
			return err_set(e, EBADMSG, "the name of the entry '%s' is too long",
				       quoted);
		if (n == 2 && c[0] == '.' && c[1] == '.') {
			char *slash = strrchr(clean.data, '/');

			if (!clean.len)
				return err_set(e, EBADMSG,
					       "the entry '%s' leads out of the layer by '..'",
					       quoted);
			clean.len = slash ? (size_t)(slash - clean.data) : 0;
			clean.data[clean.len] = '\0';
		} else if (n && !(n == 1 && c[0] == '.')) {
			if (clean.len)
				buf_addch(&clean, '/');
			buf_add(&clean, c, n);
		}
		c += n;
	}
	*ret = buf_detach(&clean);
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct unpack_dir *)a)->path, ((const struct unpack_dir *)b)->path);
}

struct unpack_dir *unpack_know_dir(struct unpack *u, const char *real)
{
	struct unpack_dir key = {.path = (char *)real}, **node = tfind(&key, &u->dirs, compare);
	struct unpack_dir *dir;

	if (node)
		return *node;
	dir = xcalloc(1, sizeof(*dir));
	dir->path = xstrdup(real);
	tsearch(dir, &u->dirs, compare);
	return dir;
}

void unpack_list_dir(struct unpack *u, const char *real, bool made, struct timespec mtime)
{
	struct unpack_dir *dir = unpack_know_dir(u, real);

	if (made)
		dir->made = ++u->dirs_made;
	dir->listed = true;
	dir->mtime = mtime;
}

bool unpack_in_mark(const char *path, const char *prefix)
{
	for (const char *slash; (slash = strchr(path, '/')); path = slash + 1)
		if (starts_with(path, prefix))
			return true;
	return false;
}

/*
 * The path of an open directory relative to the root, from the kernel, so that symlinks do not
 * matter.
 */
char *unpack_real_dir(const struct unpack *u, int fd)
{
	char root[PATH_MAX], path[PATH_MAX], link[64];
	ssize_t n, m;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", u->root);
	n = readlink(link, root, sizeof(root) - 1);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	m = readlink(link, path, sizeof(path) - 1);
	if (n <= 0 || m < n)
		return NULL;
	path[m] = '\0';
	return xstrdup(path + n + (path[n] == '/'));
}

void unpack_forget_parent(struct unpack *u)
{
	free(u->parent);
	free(u->parent_real);
	u->parent = u->parent_real = NULL;
	close_fd(&u->parent_fd);
}

char *unpack_real_path(struct unpack *u, const char *name)
{
	if (!u->parent_real)
		u->parent_real = unpack_real_dir(u, u->parent_fd);
	if (!u->parent_real)
		return NULL;
	return u->parent_real[0] ? path_join(u->parent_real, name) : xstrdup(name);
}

/*
 * A directory that was just made and that no entry lists: 0755 whatever the umask is, until it is
 * settled.
 */
static int begin_implicit(struct unpack *u, struct unpack_dir *dir, struct err *e)
{
	struct meta_entry m = {.path = dir->path, .mode = 0755, .type = 'd'};
	cleanup_close int fd = -1;
	int r = path_open_nolinks(u->root, dir->path, O_RDONLY | O_DIRECTORY, 0, &fd, e);

	if (r < 0)
		return r;
	if (fchmod(fd, 0755) < 0)
		return err_sys(e, errno, "cannot set the mode of '%s'", dir->path);
	dir->made = ++u->dirs_made;
	dir->listed = false;
	if (u->rewritten)
		meta_write(u->meta, &m);
	return 0;
}

/*
 * Records every directory on the way that is unknown, or known only from before its parent was made
 * again.
 */
static int note_implicit(struct unpack *u, int fd, struct err *e)
{
	cleanup_free char *real = unpack_real_dir(u, fd);
	uint64_t parent_made = 0;

	if (!real)
		return err_set(e, EIO, "cannot tell where a directory is: is /proc mounted?");
	for (size_t n = strcspn(real, "/");; n += 1 + strcspn(real + n + 1, "/")) {
		cleanup_free char *path = xstrndup(real, n);
		struct unpack_dir *dir = unpack_know_dir(u, path);
		bool known = dir->made && dir->made > parent_made;
		int r = known ? 0 : begin_implicit(u, dir, e);

		if (r < 0 || !real[n])
			return r;
		parent_made = dir->made;
	}
}

/*
 * A whiteout where a directory with content is needed becomes a directory that hides those below.
 */
static int open_whiteout(struct unpack *u, const char *path, struct err *e)
{
	const char *name = path_basename(path);
	cleanup_free char *parent = xstrndup(path, name > path ? (size_t)(name - path - 1) : 0);
	cleanup_free char *real = NULL;
	cleanup_close int dir = -1, fd = -1;
	struct stat st;
	int r = path_open_beneath(u->root, *parent ? parent : ".", O_RDONLY | O_DIRECTORY, 0, &dir,
				  e);

	if (r < 0)
		return r;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !is_whiteout(&st))
		return 0;
	if (unlinkat(dir, name, 0) < 0 || mkdirat(dir, name, 0755) < 0 ||
	    (fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return err_sys(e, errno, "cannot make the directory '%s'", path);
	real = unpack_real_dir(u, fd);
	if (!real)
		return err_set(e, EIO, "cannot tell where '%s' is: is /proc mounted?", path);
	r = note_implicit(u, fd, e);
	return r < 0 ? r : unpack_opaque(u, fd, real, e);
}

static int open_whiteouts(struct unpack *u, const char *path, struct err *e)
{
	for (size_t n = strcspn(path, "/");; n += 1 + strcspn(path + n + 1, "/")) {
		cleanup_free char *prefix = xstrndup(path, n);
		int r = open_whiteout(u, prefix, e);

		if (r < 0)
			return r == -ENOENT ? 0 : r;
		if (!path[n])
			return 0;
	}
}

static int open_parent(struct unpack *u, const char *parent, int *ret_fd, struct err *e)
{
	cleanup_close int fd = -1;
	int r;

	if (!*parent) {
		fd = fcntl(u->root, F_DUPFD_CLOEXEC, 0);
		if (fd < 0)
			return err_sys(e, errno, "cannot open the layer's directory");
		*ret_fd = take_fd(&fd);
		return 0;
	}
	r = path_open_beneath(u->root, parent, O_PATH | O_DIRECTORY, 0, ret_fd, e);
	if (r == -ENOTDIR) {
		r = open_whiteouts(u, parent, e);
		if (r == 0)
			r = path_open_beneath(u->root, parent, O_PATH | O_DIRECTORY, 0, ret_fd, e);
	}
	if (r != -ENOENT)
		return r;
	r = path_mkdirs_beneath(u->root, parent, 0755, &fd, e);
	if (r == 0)
		r = note_implicit(u, fd, e);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

int unpack_open_parent(struct unpack *u, const char *path, const char **ret_name, struct err *e)
{
	const char *name = path_basename(path);
	cleanup_free char *parent = xstrndup(path, name > path ? (size_t)(name - path - 1) : 0);
	int fd, r;

	if (u->parent && streq(parent, u->parent)) {
		*ret_name = name;
		return 0;
	}
	r = open_parent(u, parent, &fd, e);
	if (r < 0)
		return r;
	unpack_forget_parent(u);
	u->parent = take_ptr(parent);
	u->parent_fd = fd;
	*ret_name = name;
	return 0;
}

int unpack_opaque(struct unpack *u, int dirfd, const char *real, struct err *e)
{
	if (fsetxattr(dirfd, "user.overlay.opaque", "y", 1, 0) < 0)
		return err_sys(e, errno, "cannot mark the directory '%s' as opaque", real);
	strv_push(&u->notes->opaque, real);
	return 0;
}

/* The layer itself has the name: only the lower content of a directory is hidden then. */
static int hide_below(struct unpack *u, const char *name, const char *real, const struct stat *st,
		      struct err *e)
{
	cleanup_close int fd = -1;

	if (!S_ISDIR(st->st_mode))
		return 0;
	fd = openat(u->parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "cannot open the directory '%s'", real);
	return unpack_opaque(u, fd, real, e);
}

int unpack_make_whiteout(int dirfd, const char *name, struct err *e)
{
	struct stat st;

	/*
	 * A character device 0/0 needs no privilege since Linux 5.8 (kernel commit a3c751a50fe6).
	 */
	if (mknodat(dirfd, name, S_IFCHR, makedev(0, 0)) < 0)
		return err_sys(e, errno, "cannot make the whiteout of '%s'", name);
	/* If system calls are emulated, it may report success without making one. */
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !is_whiteout(&st))
		return err_set(e, EPERM,
			       "cannot make the whiteout of '%s': mknod does not work here", name);
	return 0;
}

int unpack_whiteout(struct unpack *u, const char *name, struct err *e)
{
	cleanup_free char *real = NULL;
	struct stat st;
	int r;

	if (!*name || streq(name, ".") || streq(name, ".."))
		return err_set(e, EBADMSG, "the whiteout of '%s' is not a valid name", name);
	real = unpack_real_path(u, name);
	if (!real)
		return err_set(e, EIO, "cannot tell where '%s' is: is /proc mounted?", name);
	if (fstatat(u->parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return hide_below(u, name, real, &st, e);
	r = unpack_make_whiteout(u->parent_fd, name, e);
	if (r < 0)
		return r;
	strv_push(&u->notes->whiteouts, real);
	return 0;
}
