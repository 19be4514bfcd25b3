/*
 * path.c - the one resolver beneath a root, and lexical helpers.
 *
 * Promises that no descriptor it returns lies outside the root, whatever symlinks the tree holds
 * and whoever renames in it meanwhile. The kernel does the work by openat2(2) if it can. Otherwise
 * (an old kernel, a filter that denies it, or EAGAIN because of many renames) the walk below does:
 * it opens each component with O_NOFOLLOW, reads a symlink's text from the symlink's own descriptor
 * and puts it before the rest of the path. ".." goes back to the descriptor that we came from, not
 * to what the file system says, so that nobody can move a directory under us.
 *
 * The one difference: openat2 refuses the magic links of /proc (ELOOP); the walk treats them as
 * ordinary symlinks, which also stay beneath the root.
 */
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define MAX_LINKS 40 /* the kernel's MAXSYMLINKS, path_resolution(7) */

struct walk {
	int rootfd;
	int *fds; /* the directories entered so far below the root, outermost first */
	size_t n;
	char *rest; /* what is left to resolve */
	int links;
	bool no_links;
	bool make; /* create missing directories */
	bool made; /* the last one entered was just created: it is empty */
};

static int walk_here(const struct walk *w)
{
	return w->n ? w->fds[w->n - 1] : w->rootfd;
}

static void walk_up(struct walk *w, size_t to)
{
	while (w->n > to)
		close(w->fds[--w->n]);
}

static void walk_clear(struct walk *w)
{
	walk_up(w, 0);
	free(w->fds);
	free(w->rest);
}

/* Puts the text of the symlink at fd before the rest of the path; -errno. */
static int walk_link(struct walk *w, int fd, const char *after)
{
	char text[4096], *rest;
	ssize_t len;

	if (w->no_links || ++w->links > MAX_LINKS)
		return -ELOOP;
	len = readlinkat(fd, "", text, sizeof(text));
	if (len < 0)
		return -errno;
	if (len == 0 || (size_t)len == sizeof(text))
		return -ENAMETOOLONG;
	if (text[0] == '/')
		walk_up(w, 0);
	rest = xasprintf("%.*s%s", (int)len, text, after);
	free(w->rest);
	w->rest = rest;
	return 0;
}

/* Enters the directory name, or replaces a symlink by its text; -errno. */
static int walk_enter(struct walk *w, const char *name, const char *after, mode_t mode)
{
	const int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
	int here = walk_here(w), fd = -1;
	bool missing = w->made;

	if (!missing) {
		fd = openat(here, name, flags | O_DIRECTORY);
		missing = fd < 0 && errno == ENOENT && w->make;
	}
	w->made = missing && mkdirat(here, name, mode) == 0;
	if (missing && !w->made && errno != EEXIST)
		return -errno;
	if (missing)
		fd = openat(here, name, flags | O_DIRECTORY);
	if (fd >= 0) {
		w->fds = xrealloc(w->fds, w->n + 1, sizeof(*w->fds));
		w->fds[w->n++] = fd;
		memmove(w->rest, after, strlen(after) + 1);
		return 0;
	}
	if (errno != ENOTDIR)
		return -errno;

	cleanup_close int link = openat(here, name, flags);
	struct stat st;

	if (link < 0 || fstat(link, &st) < 0)
		return -errno;
	return S_ISLNK(st.st_mode) ? walk_link(w, link, after) : -ENOTDIR;
}

/*
 * Opens the last component. Returns 0, 1 if it was a symlink that is to be followed now, or -errno.
 */
static int walk_last(struct walk *w, const char *name, int flags, mode_t mode, int *ret_fd)
{
	int here = walk_here(w), fd;

	if (!(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL)) {
		cleanup_close int link = openat(here, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		struct stat st;

		if (link >= 0 && fstat(link, &st) == 0 && S_ISLNK(st.st_mode))
			return walk_link(w, link, "") ?: 1;
	}
	/* A symlink that appears here from now on is an error, not a way out. */
	fd = openat(here, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/*
 * Resolves w->rest. With w->make, the last component is entered like the others, mode is that of
 * the last directory and flags are O_PATH | O_DIRECTORY; else flags and mode are those of open(2).
 * Returns 0 or -errno.
 */
static int walk(struct walk *w, int flags, mode_t mode, int *ret_fd)
{
	int fd, r;

	if (!w->rest[0])
		return -ENOENT;
	for (;;) {
		char *at = w->rest + strspn(w->rest, "/");
		size_t len = strcspn(at, "/");
		const char *after = at + len;
		bool last = after[strspn(after, "/")] == '\0';
		cleanup_free char *name = NULL;

		if (len == 0)
			break;
		name = xstrndup(at, len);
		if (streq(name, ".") || streq(name, "..")) {
			if (len == 2 && w->n)
				walk_up(w, w->n - 1);
			memmove(w->rest, after, strlen(after) + 1);
			continue;
		}
		if (*after == '\0' && !w->make) {
			r = walk_last(w, name, flags, mode, ret_fd);
			if (r <= 0)
				return r;
			continue;
		}
		r = walk_enter(w, name, after, last ? mode : 0755);
		if (r < 0)
			return r;
	}
	if (w->make && w->n) { /* walk_enter() has opened it with these flags */
		*ret_fd = w->fds[--w->n];
		return 0;
	}
	fd = openat(walk_here(w), ".", flags | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int walk_from(int rootfd, const char *path, int flags, mode_t mode, bool no_links, bool make,
		     int *ret_fd)
{
	struct walk w = {
		.rootfd = rootfd, .rest = xstrdup(path), .no_links = no_links, .make = make};
	int r = walk(&w, flags, mode, ret_fd);

	walk_clear(&w);
	return r;
}

static bool openat2_missing;

void path_force_walk(bool force)
{
	openat2_missing = force;
}

static int open_in_root(int rootfd, const char *path, int flags, mode_t mode, bool no_links,
			int *ret_fd)
{
	struct open_how how = {
		.flags = (unsigned int)flags | O_CLOEXEC,
		.mode = flags & (O_CREAT | __O_TMPFILE) ? mode : 0, /* else EINVAL */
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	if (no_links)
		how.resolve |= RESOLVE_NO_SYMLINKS;
	if (!openat2_missing) {
		fd = syscall(SYS_openat2, rootfd, path, &how, sizeof(how));
		if (fd >= 0) {
			*ret_fd = (int)fd;
			return 0;
		}
		if (errno == ENOSYS)
			openat2_missing = true;
		else if (errno != EPERM && errno != EAGAIN)
			return -errno;
	}
	return walk_from(rootfd, path, flags, mode, no_links, false, ret_fd);
}

int path_open_beneath(int rootfd, const char *path, int flags, mode_t mode, int *ret_fd,
		      struct err *e)
{
	int r = open_in_root(rootfd, path, flags, mode, false, ret_fd);

	return r < 0 ? err_sys(e, -r, "cannot open '%s'", path) : 0;
}

int path_open_nolinks(int rootfd, const char *path, int flags, mode_t mode, int *ret_fd,
		      struct err *e)
{
	int r = open_in_root(rootfd, path, flags, mode, true, ret_fd);

	return r < 0 ? err_sys(e, -r, "cannot open '%s'", path) : 0;
}

static int mkdirs_in_root(int rootfd, const char *path, mode_t mode, bool no_links, int *ret_fd,
			  struct err *e)
{
	int r = open_in_root(rootfd, path, O_PATH | O_DIRECTORY, 0, no_links, ret_fd);

	if (r == -ENOENT)
		r = walk_from(rootfd, path, O_PATH | O_DIRECTORY, mode, no_links, true, ret_fd);
	return r < 0 ? err_sys(e, -r, "cannot make the directory '%s'", path) : 0;
}

int path_mkdirs_beneath(int rootfd, const char *path, mode_t mode, int *ret_fd, struct err *e)
{
	return mkdirs_in_root(rootfd, path, mode, false, ret_fd, e);
}

int path_mkdirs_nolinks(int rootfd, const char *path, mode_t mode, int *ret_fd, struct err *e)
{
	return mkdirs_in_root(rootfd, path, mode, true, ret_fd, e);
}

bool path_is_beneath(const char *path, const char *parent)
{
	size_t n = strlen(parent);

	while (n && parent[n - 1] == '/')
		n--;
	return strncmp(path, parent, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

const char *path_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Appends the components of path to out, which is empty or "/a/b". */
static void add_components(struct buf *out, const char *path)
{
	for (;;) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len == 0)
			return;
		if (len == 2 && path[0] == '.' && path[1] == '.') {
			while (out->len && out->data[--out->len] != '/')
				;
		} else if (len != 1 || path[0] != '.') {
			buf_addch(out, '/');
			buf_add(out, path, len);
		}
		path += len;
	}
}

char *path_normalize(const char *base, const char *path)
{
	cleanup_buf struct buf out = BUF_INIT;

	if (path[0] != '/')
		add_components(&out, base);
	add_components(&out, path);
	if (out.len == 0)
		buf_addch(&out, '/');
	out.data[out.len] = '\0'; /* ".." only reduced len */
	return buf_detach(&out);
}

char *path_join(const char *dir, const char *name)
{
	return xasprintf("%s%s%s", dir, ends_with(dir, "/") ? "" : "/", name);
}

char *path_of_fd(int fd)
{
	char self[32], real[PATH_MAX];
	ssize_t n;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	n = readlink(self, real, sizeof(real));
	if (n == sizeof(real))
		errno = ENAMETOOLONG;
	return n < 0 || n == sizeof(real) ? NULL : xstrndup(real, (size_t)n);
}

bool path_is_reserved(const char *target)
{
	static const char *const reserved[] = {"/proc", "/sys", "/dev"};

	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (path_is_beneath(target, reserved[i]))
			return !path_is_beneath(target, "/dev/shm") &&
			       !path_is_beneath(target, "/dev/pipes");
	return false;
}

/* An O_PATH descriptor, or -1: path is not known to be the real path. */
static int open_if_real(const char *path, int flags)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC | (unsigned)flags,
			       .resolve = RESOLVE_NO_SYMLINKS};
	cleanup_free char *clean = path_normalize("/", path);

	return streq(clean, path) ? (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how))
				  : -1;
}

bool path_is_real(const char *path)
{
	cleanup_close int fd = open_if_real(path, 0);

	return fd >= 0;
}

int path_open_real(char **path, int flags, int *ret_fd)
{
	cleanup_close int fd = open_if_real(*path, flags);
	char *real;

	if (fd < 0) {
		fd = open(*path, O_PATH | O_CLOEXEC | flags);
		real = fd < 0 ? NULL : path_of_fd(fd);
		if (!real)
			return -errno;
		free(*path);
		*path = real;
	}
	*ret_fd = take_fd(&fd);
	return 0;
}
