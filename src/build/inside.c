/*
 * inside.c - see inside.h.
 */
#include "build/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "image/name/hash.h"

#define NONE "none" /* the checksum of what does not exist */

/* What follows the directory in a path, however that is spelt; NULL: the path does not go through it. */
static const char *below(char *path, const struct stat *dir)
{
	for (char *end = path; *end; end++) {
		char was = end[1];
		struct stat st;
		bool found;

		if (end[1] && end[1] != '/' && end != path)
			continue;
		end[1] = '\0';
		found = stat(path, &st) == 0 && st.st_dev == dir->st_dev &&
			st.st_ino == dir->st_ino;
		end[1] = was;
		if (found)
			return end + 1 + strspn(end + 1, "/");
	}
	return NULL;
}

static int open_beneath(const char *top, const char *path, int flags, int *ret_fd, struct err *e)
{
	cleanup_free char *here = getcwd(NULL, 0);
	cleanup_free char *full = path_normalize(here ? here : "/", path);
	cleanup_close int dir = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *rest;
	struct stat st;
	int r;

	if (dir < 0 || fstat(dir, &st) < 0)
		return err_sys(e, errno, "cannot open '%s'", top);
	rest = below(full, &st);
	if (!rest)
		return err_set(e, EPERM, "'%s' is not in '%s'", path, top);
	r = path_open_beneath(dir, *rest ? rest : ".", flags, 0, ret_fd, e);
	/* Beneath the directory there is nothing. */
	if ((r == -ENOENT || r == -ENOTDIR || r == -ELOOP) && stat(path, &st) == 0)
		return err_set(e, EPERM,
			       "'%s' leads out of '%s' by a symlink, or is an absolute one", path,
			       top);
	return r;
}

int inside_open(const char *top, const char *path, int flags, int *ret_fd, struct err *e)
{
	int fd;

	if (top)
		return open_beneath(top, path, flags, ret_fd, e);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "cannot open '%s'", path);
	*ret_fd = fd;
	return 0;
}

/* The checksum that a word has for path, which is absolute; NULL: it is about another file. */
static const char *checksum_of(const char *word, const char *here, const char *path)
{
	const char *equals = strrchr(word, '=');
	cleanup_free char *file = equals ? xstrndup(word, (size_t)(equals - word)) : NULL;
	cleanup_free char *full = file ? path_normalize(here, file) : NULL;

	return full && streq(full, path) ? equals + 1 : NULL;
}

int inside_check(const struct inside *in, const char *path, const char *data, size_t len,
		 struct err *e)
{
	cleanup_free char *here = getcwd(NULL, 0);
	cleanup_free char *full = path_normalize(here ? here : "/", path);
	struct digest sum;

	if (data)
		hash_bytes(data, len, &sum);
	for (size_t i = 0; in->checksums && i < in->checksums->n; i++) {
		const char *wanted = checksum_of(in->checksums->v[i], here ? here : "/", full);

		if (wanted && !streq(wanted, data ? digest_text(&sum).s : NONE))
			return err_set(
				e, ESTALE,
				"'%s' has changed since it was looked at for this build: run "
				"the command again",
				path);
	}
	return 0;
}

int inside_read(const struct inside *in, const char *path, size_t max, struct buf *out,
		struct err *e)
{
	cleanup_close int fd = -1;
	size_t begin = out->len;
	struct err changed;
	int r = inside_open(in->top, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, &fd, e);

	if (r == -ENOENT && inside_check(in, path, NULL, 0, &changed) < 0) {
		*e = changed;
		return -e->code;
	}
	if (r == 0)
		r = file_read_fd(fd, path, max, out, e);
	return r < 0 ? r : inside_check(in, path, out->data + begin, out->len - begin, e);
}

int inside_check_words(const struct strv *checksums, struct err *e)
{
	for (size_t i = 0; i < checksums->n; i++) {
		const char *word = checksums->v[i], *equals = strrchr(word, '=');
		struct digest sum;
		struct err ignored;

		if (!equals || equals == word ||
		    (!streq(equals + 1, NONE) && digest_parse(equals + 1, &sum, &ignored) < 0))
			return err_set(e, ERR_USAGE,
				       "--checksum %s: expected FILE=sha256:HEX, or FILE=" NONE,
				       word);
	}
	return 0;
}

void inside_add_checksum(const char *path, const char *data, size_t len, struct strv *out)
{
	struct digest sum;

	if (data)
		hash_bytes(data, len, &sum);
	strv_push_take(out, xasprintf("%s=%s", path, data ? digest_text(&sum).s : NONE));
}
