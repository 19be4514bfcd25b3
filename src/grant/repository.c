/*
 * repository.c - finding the git data of a checkout according to gitrepository-layout(5).
 *
 * Promises that what it finds looks like git data: a pointer in the project alone is not enough to
 * have something lent. Skips repositories of other users, and those that contain the home.
 */
#include "grant/repository.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "config/xdg.h"
#include "grant/protect.h"

#define POINTER_MAX  4096
#define MAX_BORROWED 16
#define MAX_DEPTH    5 /* of repositories that borrow from borrowers: git's own limit */

void repository_clear(struct repository *r)
{
	free(r->root);
	free(r->git);
	free(r->common);
	free(r->git_at);
	free(r->common_at);
	free(r->worktrees);
	strv_clear(&r->objects);
	*r = (struct repository){0};
}

static bool read_small(const char *path, struct buf *out)
{
	cleanup_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct err ignored;
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       file_read_fd(fd, path, POINTER_MAX, out, &ignored) == 0;
}

char *repository_pointer(const char *file, const char *prefix, const char *base)
{
	cleanup_buf struct buf text = BUF_INIT;

	if (!read_small(file, &text) || !starts_with(text.data, prefix))
		return NULL;
	text.data[strcspn(text.data, "\r\n")] = '\0';
	if (!text.data[strlen(prefix)])
		return NULL;
	return path_normalize(base, text.data + strlen(prefix));
}

static bool has(const char *dir, const char *name)
{
	cleanup_free char *path = path_join(dir, name);

	/* HEAD can be a symlink to a branch that is packed or does not exist yet. */
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The checks that git itself makes before it accepts a directory. */
static bool is_common(const char *dir)
{
	return has(dir, "HEAD") && has(dir, "objects") && has(dir, "refs");
}

static char *real_home(void)
{
	char *home = xdg_home(), *real = realpath(home, NULL);

	if (!real)
		return home;
	free(home);
	return real;
}

/*
 * The .git of the checkout that the project is, or is a part of, searched as git does: upwards, on
 * one file system. A home that is a repository (of dotfiles, say) does not count as the project's.
 */
static char *find_top(const char *project, struct stat *ret_dot_git)
{
	cleanup_free char *home = NULL, *dir = xstrdup(project);
	struct stat here, st;

	if (stat(project, &here) < 0)
		return NULL;
	for (;;) {
		cleanup_free char *git = path_join(dir, ".git");
		char *slash = strrchr(dir, '/');

		if (lstat(git, &st) == 0 && (!S_ISDIR(st.st_mode) || is_common(git))) {
			if (st.st_uid != geteuid())
				return NULL;
			*ret_dot_git = st;
			return take_ptr(dir);
		}
		if (!slash || slash == dir)
			return NULL;
		*slash = '\0';
		if (!home)
			home = real_home();
		if (path_is_beneath(home, dir) || stat(dir, &st) < 0 || st.st_dev != here.st_dev)
			return NULL;
	}
}

/* Object directories that a repository borrows from, recursively. */
static void find_borrowed(const char *objects, const char *project, int depth, struct strv *out)
{
	cleanup_free char *file = path_join(objects, "info/alternates");
	cleanup_buf struct buf text = BUF_INIT;
	char *rest, *line;

	if (depth > MAX_DEPTH || !read_small(file, &text))
		return;
	for (rest = text.data; (line = strsep(&rest, "\r\n")) && out->n < MAX_BORROWED;) {
		cleanup_free char *path = *line && *line != '#' ? path_normalize(objects, line)
								: NULL;
		cleanup_free char *real = path ? realpath(path, NULL) : NULL;
		cleanup_free char *repository = real ? path_normalize(real, "..") : NULL;

		if (!real || !is_common(repository) || !streq(path_basename(real), "objects") ||
		    strv_has(out, real))
			continue;
		if (!path_is_beneath(real, project))
			strv_push(out, real);
		find_borrowed(real, project, depth + 1, out);
	}
}

/*
 * Sets git and common for the .git at path, which may be a directory, a symlink to one, or a file
 * that names one.
 */
static void find_data(const char *path, const char *top, struct repository *r)
{
	cleanup_free char *pointed = repository_pointer(path, "gitdir: ", top), *file = NULL;
	char *shared;

	r->git = realpath(pointed ? pointed : path, NULL);
	r->git_at = xstrdup(pointed ? pointed : r->git);
	if (!r->git)
		return;
	file = path_join(r->git, "commondir");
	shared = repository_pointer(file, "", r->git_at);
	r->common_at = shared ? shared : xstrdup(r->git_at);
	r->common = realpath(r->common_at, NULL);
}

void repository_find(const char *project, struct repository *ret)
{
	cleanup_repository struct repository r = {0};
	cleanup_free char *top = find_top(project, &r.dot_git), *dot_git = NULL, *objects = NULL;
	struct stat st;

	if (!top)
		return;
	dot_git = path_join(top, ".git");
	find_data(dot_git, top, &r);
	if (!r.common || !is_common(r.common) || !has(r.git, "HEAD"))
		return;
	objects = path_join(r.common, "objects");
	find_borrowed(objects, project, 0, &r.objects);
	r.worktrees = path_join(r.common, "worktrees");
	if (lstat(r.worktrees, &st) < 0 || !S_ISDIR(st.st_mode))
		free(take_ptr(r.worktrees));
	if (path_is_beneath(r.common, project)) {
		free(r.common);
		r.common = NULL;
	}
	if (!streq(top, project))
		r.root = take_ptr(top);
	*ret = r;
	r = (struct repository){0};
}

void repository_reach(const struct repository *r, struct strv *out)
{
	if (r->root)
		reach_add_mount(r->root, r->root, true, out);
	if (r->common)
		reach_add_mount(r->common, r->common_at, false, out);
	for (size_t i = 0; i < r->objects.n; i++)
		reach_add_mount(r->objects.v[i], r->objects.v[i], true, out);
}

void repository_ask(const struct settings *s, struct strv *out)
{
	cleanup_repository struct repository r = {0};

	if (s->project_dir && !s->no_repository)
		repository_find(s->project_dir, &r);
	repository_reach(&r, out);
}

void repository_settle(struct settings *s, const struct strv *lines, const struct strv *granted,
		       const struct reach_asker *asker)
{
	if (asker->accepts || asker->asks)
		return;
	for (size_t i = 0; i < lines->n && !s->no_repository; i++) {
		if (strv_has(granted, lines->v[i]))
			continue;
		s->no_repository = true;
		log_note("git's data of this checkout is outside the project, and you have not "
			 "agreed to show it here (%s): use --accept once",
			 lines->v[i]);
	}
}

/* Files in a worktree's own data that lead git to other places and other settings. */
static const char *const own_pointers[] = {"commondir", "gitdir", "config.worktree"};

/* name: in common, as in [sandbox] protect after ".git/"; "": all of it. */
static int protect_common(const struct repository *r, const char *name, struct strv *paths,
			  struct err *e)
{
	cleanup_free char *path = path_normalize(r->common, *name ? name : ".");
	int error = 0;

	/* Of the data of worktrees only our own is writable: assemble_repository.c. */
	if (streq(path, r->common))
		strv_push(paths, r->common);
	else if (!path_is_beneath(r->git, path))
		error = protect_in(r->common, name, paths, e);
	for (size_t i = 0; error == 0 && i < ARRAY_SIZE(own_pointers); i++)
		if (!streq(r->git, r->common) && has(r->git, own_pointers[i]))
			error = protect_in(r->git, own_pointers[i], paths, e);
	return error;
}

int repository_protect(const struct repository *r, const struct settings *s, struct strv *paths,
		       struct err *e)
{
	cleanup_strv struct strv words = {0};
	int error = 0;

	if (!r->common)
		return 0;
	settings_list(s, KEY_PROTECT, &words);
	for (size_t i = 0; error == 0 && i < words.n; i++) {
		cleanup_free char *word = path_normalize("/", words.v[i]);

		if (path_is_beneath(word, "/.git"))
			error = protect_common(r, word + strlen("/.git") + (word[5] == '/'), paths,
					       e);
	}
	return error;
}
