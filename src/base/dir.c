/*
 * dir.c - walking directories.
 *
 * Uses getdents64(2) directly: it tells an error from the end, and readdir(3) needs three system
 * calls more to open a directory, which every session would pay. A directory that is removed while
 * open is at its end (ENOENT), as for readdir(3).
 */
#include "base/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"

#define ENTRIES_SIZE (16 * 1024)

static int cannot_list(const char *path, int errnum, struct err *e)
{
	return err_sys(e, errnum, "cannot list '%s'", path);
}

int dir_take(struct dir *ret, int *fd, const char *path, struct err *e)
{
	char *entries = malloc(ENTRIES_SIZE);
	ssize_t n = entries ? getdents64(*fd, entries, ENTRIES_SIZE) : -1;
	int errnum = entries ? errno : ENOMEM;

	if (n < 0 && errnum != ENOENT) {
		free(entries);
		close_fd(fd);
		return cannot_list(path, errnum, e);
	}
	*ret = (struct dir){.entries = entries,
			    .len = n < 0 ? 0 : (size_t)n,
			    .fd = take_fd(fd),
			    .path = xstrdup(path)};
	return 0;
}

int dir_open(struct dir *ret, int dirfd, const char *path, struct err *e)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? cannot_list(path, errno, e) : dir_take(ret, &fd, path, e);
}

int dir_next(struct dir *d, struct err *e)
{
	const struct dirent64 *entry;

	do {
		if (d->at == d->len) {
			ssize_t n = d->len ? getdents64(d->fd, d->entries, ENTRIES_SIZE) : 0;

			if (n < 0 && errno != ENOENT)
				return cannot_list(d->path, errno, e);
			d->at = 0;
			d->len = n < 0 ? 0 : (size_t)n;
		}
		if (!d->len)
			return 0;
		entry = (const struct dirent64 *)(d->entries + d->at);
		d->at += entry->d_reclen;
	} while (streq(entry->d_name, ".") || streq(entry->d_name, ".."));
	d->name = entry->d_name;
	d->type = entry->d_type;
	return 1;
}

int dir_fd(const struct dir *d)
{
	return d->fd;
}

void dir_close(struct dir *d)
{
	if (d->entries)
		close(d->fd);
	free(d->entries);
	free(d->path);
	*d = (struct dir){0};
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int read_names(struct dir *d, struct strv *ret, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r;

	while ((r = dir_next(d, e)) > 0)
		strv_push(&names, d->name);
	if (r < 0)
		return r;
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), by_bytes);
	for (size_t i = 0; i < names.n; i++)
		strv_push_take(ret, take_ptr(names.v[i]));
	return 0;
}

int dir_names(int dirfd, const char *path, struct strv *ret, struct err *e)
{
	cleanup_dir struct dir d = {0};
	int r = dir_open(&d, dirfd, path, e);

	return r < 0 ? r : read_names(&d, ret, e);
}

int dir_take_names(int *fd, const char *path, struct strv *ret, struct err *e)
{
	cleanup_dir struct dir d = {0};
	int r = dir_take(&d, fd, path, e);

	return r < 0 ? r : read_names(&d, ret, e);
}

/* The text of a component without a pattern, backslashes removed. */
static char *plain(const char *component)
{
	char *text = xstrdup(component), *to = text;

	for (const char *p = text; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		*to++ = *p;
	}
	*to = '\0';
	return text;
}

/* Appends the matches of `rest` below `at`, which ends with a slash. */
static int match_below(const char *at, const char *rest, struct strv *out, struct err *e)
{
	size_t len = strcspn(rest += strspn(rest, "/"), "/");
	cleanup_free char *component = xstrndup(rest, len);
	bool last = !rest[len + strspn(rest + len, "/")], pattern = strpbrk(component, "*?[");
	cleanup_strv struct strv names = {0};
	int r = 0;

	if (!pattern)
		strv_push_take(&names, plain(component));
	else
		r = dir_names(AT_FDCWD, at, &names, e);
	if (r == -ENOENT || r == -ENOTDIR || r == -EACCES)
		return 0;
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		cleanup_free char *path = xasprintf("%s%s%s", at, names.v[i], last ? "" : "/");

		if (pattern && fnmatch(component, names.v[i], FNM_PERIOD) != 0)
			continue;
		if (!last)
			r = match_below(path, rest + len, out, e);
		else if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			strv_push(out, path);
	}
	return r;
}

int dir_match(const char *pattern, struct strv *ret, struct err *e)
{
	cleanup_strv struct strv found = {0};
	int r = match_below("/", pattern, &found, e);

	for (size_t i = 0; r == 0 && i < found.n; i++)
		strv_push_take(ret, take_ptr(found.v[i]));
	return r;
}
