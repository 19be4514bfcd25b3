/*
 * usage.c - disk usage, counted and formatted.
 *
 * Walks a tree with one directory open at a time, down by name and up by "..", so that depth costs
 * only memory. If someone moves a directory away meanwhile, the count ends and is reported as
 * incomplete.
 */
#include "base/usage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/mem.h"

#define BLOCK 512 /* stat(3type): st_blocks */

/* A directory on the way down, and its subdirectories that are still to be counted. */
struct level {
	char *name; /* "" for the top */
	dev_t dev;
	ino_t ino;
	struct strv folders;
};

struct count {
	struct level *v;
	size_t n;
	int fd; /* of the last level */
	uint64_t bytes;
	bool whole;
};

static void count_clear(struct count *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].name);
		strv_clear(&c->v[i].folders);
	}
	free(c->v);
	close_fd(&c->fd);
}

/* What has disappeared does not make the count incomplete. */
static void miss(struct count *c, int errnum)
{
	c->whole = c->whole && errnum == ENOENT;
}

/*
 * The kernel keeps it inaccessible and next to nothing in it:
 * Documentation/filesystems/overlayfs.rst.
 */
static bool is_overlay_work(const struct count *c, const char *name)
{
	return c->n && streq(name, "work") && streq(c->v[c->n - 1].name, "work");
}

static void add(struct count *c, const struct stat *st)
{
	uint64_t names = S_ISDIR(st->st_mode) || !st->st_nlink ? 1 : st->st_nlink;

	c->bytes += (uint64_t)st->st_blocks * BLOCK / names;
}

/* Enters the directory name of dirfd and looks at everything in it. */
static void enter(struct count *c, int dirfd, const char *name)
{
	cleanup_close int at = openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* Opening "." also needs search permission, without which there is no way back up. */
	cleanup_close int fd = at < 0 ? -1 : openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_strv struct strv names = {0};
	struct level level = {0};
	struct err ignored;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0) {
		if (!is_overlay_work(c, name))
			miss(c, errno);
		return;
	}
	r = dir_names(fd, ".", &names, &ignored);
	if (r < 0)
		miss(c, -r);
	level = (struct level){.name = xstrdup(name), .dev = st.st_dev, .ino = st.st_ino};
	for (size_t i = 0; i < names.n; i++) {
		if (fstatat(fd, names.v[i], &st, AT_SYMLINK_NOFOLLOW) < 0) {
			miss(c, errno);
			continue;
		}
		add(c, &st);
		if (S_ISDIR(st.st_mode))
			strv_push_take(&level.folders, take_ptr(names.v[i]));
	}
	c->v = xrealloc(c->v, c->n + 1, sizeof(*c->v));
	c->v[c->n++] = level;
	close_fd(&c->fd);
	c->fd = take_fd(&fd);
}

/* Returns to the directory that this one was entered from. */
static bool leave(struct count *c)
{
	const struct level *up = --c->n ? &c->v[c->n - 1] : NULL;
	int fd = up ? openat(c->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	struct stat st;

	free(c->v[c->n].name);
	strv_clear(&c->v[c->n].folders);
	close_fd(&c->fd);
	c->fd = fd;
	return !up ||
	       (fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == up->dev && st.st_ino == up->ino);
}

int usage_of_tree(int dirfd, const char *path, uint64_t *ret, bool *ret_whole, struct err *e)
{
	__attribute__((cleanup(count_clear))) struct count c = {.fd = -1, .whole = true};
	struct stat st;

	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "cannot count '%s'", path);
	add(&c, &st);
	if (S_ISDIR(st.st_mode))
		enter(&c, dirfd, path);
	while (c.n) {
		struct strv *folders = &c.v[c.n - 1].folders;

		if (folders->n) {
			cleanup_free char *name = folders->v[--folders->n];

			folders->v[folders->n] = NULL;
			enter(&c, c.fd, name);
		} else if (!leave(&c)) {
			c.whole = false;
			break;
		}
	}
	*ret = c.bytes;
	*ret_whole = c.whole;
	return 0;
}

struct size_text size_text(uint64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
	struct size_text t;
	double n = (double)bytes;
	size_t u = 0;

	while (n >= 999.5 && u + 1 < ARRAY_SIZE(units)) {
		n /= 1000;
		u++;
	}
	snprintf(t.s, sizeof(t.s), u && n < 99.95 ? "%.1f %s" : "%.0f %s", n, units[u]);
	return t;
}
