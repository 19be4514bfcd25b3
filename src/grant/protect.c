/*
 * protect.c - the read-only parts of a project inside.
 *
 * Promises that no symlink is followed on the way, and that the box cannot create what is missing.
 */
#include "grant/protect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/path.h"
#include "config/lock_file.h"
#include "config/profile.h"

/*
 * These are files; anything else that is missing is made as an empty directory, in which nothing
 * can be put.
 */
static bool is_named_file(const char *name)
{
	return streq(name, ".envrc") || streq(name, "config");
}

/* Makes the last component, or the first missing directory on the way, empty, and stops there. */
static int make_missing(int dir, const char *name, bool last, struct err *e)
{
	cleanup_close int fd = -1;

	if (!last || !is_named_file(name)) {
		if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
			return err_sys(e, errno, "cannot make '%s'", name);
		return 0;
	}
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return fd < 0 && errno != EEXIST ? err_sys(e, errno, "cannot make '%s'", name) : 0;
}

/* A directory that we made before, with everything in it still missing. */
static bool is_empty(int dir)
{
	cleanup_dir struct dir d = {0};
	struct err ignored;

	return dir_open(&d, dir, ".", &ignored) == 0 && dir_next(&d, &ignored) == 0;
}

/*
 * Follows word, relative to the project, to its end, or until a component is missing, is not a
 * directory (the .git of a worktree), or is an empty directory. *ret_len: the length of word that
 * was followed. No symlink is allowed: the box could have put it there.
 */
static int find_protected(int project, const char *word, size_t *ret_len, struct err *e)
{
	cleanup_close int at = fcntl(project, F_DUPFD_CLOEXEC, 0);
	const char *from = word;

	for (;;) {
		size_t n = strcspn(from, "/");
		cleanup_free char *name = xstrndup(from, n);
		cleanup_close int next = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		bool last = !from[n];
		struct stat st = {0};

		if (next < 0 && errno == ENOENT) {
			int r = make_missing(at, name, last, e);

			if (r == 0)
				*ret_len = (size_t)(from + n - word);
			return r;
		}
		if (next < 0 || fstat(next, &st) < 0)
			return err_sys(e, errno, "cannot open '%s'", name);
		if (S_ISLNK(st.st_mode))
			return err_set(e, ELOOP, "'%s' is a symlink", name);
		if (last || !S_ISDIR(st.st_mode) || is_empty(next)) {
			*ret_len = (size_t)(from + n - word);
			return 0;
		}
		close_fd(&at);
		at = take_fd(&next);
		from += n + 1;
	}
}

static int protect_one(int project, const char *dir, const char *word, struct strv *ret,
		       struct err *e)
{
	cleanup_free char *path = path_normalize(dir, word);
	size_t root = strlen(dir) + 1, len;
	int r;

	/* The schema has checked this, but the mounts by this path must not rely on it. */
	if (!path_is_beneath(path, dir) || strlen(path) <= root)
		return err_set(e, ERR_USAGE, "cannot protect '%s': it is not a path in the project",
			       word);
	for (size_t i = 0; i < ret->n; i++)
		if (path_is_beneath(path, ret->v[i]))
			return 0;
	r = find_protected(project, path + root, &len, e);
	if (r < 0)
		return err_add(e, "cannot protect '%s'", word);
	strv_push_take(ret, xstrndup(path, root + len));
	return 0;
}

int protect_in(const char *dir, const char *word, struct strv *ret_paths, struct err *e)
{
	cleanup_close int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, errno, "cannot open '%s'", dir);
	return protect_one(fd, dir, word, ret_paths, e);
}

static void protect_file(const char *path, struct strv *ret)
{
	cleanup_free char *real = path ? realpath(path, NULL) : NULL;

	for (size_t i = 0; real && i < ret->n; i++)
		if (path_is_beneath(real, ret->v[i]))
			return;
	if (real)
		strv_push(ret, real);
}

/*
 * The box must not write the files that restrict it: the project's file, what it includes, and its
 * lock. A symlink is not protected, but its target is; replacing the symlink needs consent.
 */
static void protect_files(const struct settings *s, struct strv *ret)
{
	cleanup_free char *lock = path_join(s->project_dir, LOCK_FILE);
	cleanup_free char *shipped = profile_data_dir();

	protect_file(s->project_file, ret);
	for (size_t i = 0; i < s->file_paths.n; i++)
		if (!shipped || !path_is_beneath(s->file_paths.v[i], shipped))
			protect_file(s->file_paths.v[i], ret);
	protect_file(lock, ret);
}

int protect_find(const struct settings *s, struct strv *paths, struct err *e)
{
	cleanup_strv struct strv words = {0};
	cleanup_close int project = -1;
	int r = 0;

	settings_list(s, KEY_PROTECT, &words);
	if (!s->project_dir || !words.n)
		return 0;
	project = open(s->project_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (project < 0)
		return err_sys(e, errno, "cannot open '%s'", s->project_dir);
	for (size_t i = 0; r == 0 && i < words.n; i++)
		r = protect_one(project, s->project_dir, words.v[i], paths, e);
	if (r == 0)
		protect_files(s, paths);
	return r;
}
