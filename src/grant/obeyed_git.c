/*
 * obeyed_git.c - git data of a checkout and of repositories in it.
 *
 * A repository may be anywhere in a project; entering its directory, or having it in the index,
 * makes git run what its settings say. So directories are walked, breadth first, until the time is
 * up.
 */
#include "grant/obeyed_git.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/git_index.h"
#include "base/log.h"
#include "base/path.h"
#include "grant/guarded.h"
#include "grant/obeyed_names.h"
#include "grant/repository.h"

#define REPOSITORY " (a git repository)"
#define MAX_QUEUE  20000
#define MODULES	   5 /* levels of names beneath modules/ */
#define MIN_MS	   1 /* a search needs at least this much time */

static int open_dir(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* A rename or a symlink may have replaced the directory; its files may be older. */
static void obeyed_link(struct obeyed_look *l, int dir, const char *at, const char *name)
{
	struct stat st;

	if (obeyed_has_changed(l, dir, name, &st) && S_ISLNK(st.st_mode))
		obeyed_file(l, dir, at, name);
}

static void look_at_hooks(struct obeyed_look *l, int git, const char *at)
{
	cleanup_free char *path = path_join(at, OBEYED_GIT_HOOKS);
	cleanup_dir struct dir d = {0};
	struct err ignored;
	size_t unsaid = 0;

	if (dir_open(&d, git, OBEYED_GIT_HOOKS, &ignored) < 0)
		return;
	while (dir_next(&d, &ignored) == 1)
		if (!ends_with(d.name, ".sample"))
			unsaid += !obeyed_file(l, dir_fd(&d), path, d.name);
	obeyed_folder(l, dir_fd(&d), path, unsaid);
	/* A symlink of that name, to an existing directory. */
	if (unsaid)
		obeyed_link(l, git, at, OBEYED_GIT_HOOKS);
}

static void look_at_data(struct obeyed_look *l, int git, const char *at)
{
	for (size_t i = 0; obeyed_git_files[i]; i++)
		obeyed_file(l, git, at, obeyed_git_files[i]);
	obeyed_link(l, git, at, "info");
	look_at_hooks(l, git, at);
}

/* Those of submodules, whose names can contain slashes. */
static void look_at_more(struct obeyed_look *l, int git, const char *at, const char *name,
			 int depth)
{
	cleanup_free char *path = path_join(at, name);
	cleanup_dir struct dir d = {0};
	struct err ignored;

	if (depth == 0 || dir_open(&d, git, name, &ignored) < 0)
		return;
	obeyed_folder(l, dir_fd(&d), path, 1);
	while (l->looked++ < OBEYED_MAX_LOOKS && dir_next(&d, &ignored) == 1) {
		cleanup_close int sub = open_dir(dir_fd(&d), d.name);
		cleanup_free char *below = path_join(path, d.name);

		if (sub < 0)
			continue;
		if (faccessat(sub, "HEAD", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
			look_at_data(l, sub, below);
			look_at_more(l, sub, below, "modules", depth - 1);
		} else {
			look_at_more(l, dir_fd(&d), path, d.name, depth - 1);
		}
	}
}

/* Where each has its checkout, and its data. */
static void look_at_worktrees(struct obeyed_look *l, int git, const char *at)
{
	cleanup_free char *path = path_join(at, "worktrees");
	cleanup_dir struct dir d = {0};
	struct err ignored;

	if (dir_open(&d, git, "worktrees", &ignored) < 0)
		return;
	while (l->looked++ < OBEYED_MAX_LOOKS && dir_next(&d, &ignored) == 1) {
		cleanup_close int sub = open_dir(dir_fd(&d), d.name);
		cleanup_free char *below = path_join(path, d.name);

		if (sub < 0)
			continue;
		look_at_data(l, sub, below);
		obeyed_file(l, sub, below, "gitdir");
	}
}

static void look_at_git(struct obeyed_look *l, int git, const char *at)
{
	look_at_data(l, git, at);
	look_at_more(l, git, at, "modules", MODULES);
	look_at_worktrees(l, git, at);
}

/* A .git of any type below the top: made or replaced, or older and changed inside. */
static void look_at_repository(struct obeyed_look *l, int dir, const char *at)
{
	cleanup_free char *path = path_join(at, ".git");
	cleanup_close int git = -1;
	struct stat st;

	if (fstatat(dir, ".git", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	/* Git's writes for each commit change the directory's own time as well. */
	git = S_ISDIR(st.st_mode) ? open_dir(dir, ".git") : -1;
	if (git >= 0)
		look_at_data(l, git, path);
	else
		obeyed_file(l, dir, at, ".git");
}

/* git status enters what the index names. */
static void look_at_gitlinks(struct obeyed_look *l, int dir, const char *at, int git)
{
	cleanup_git_index struct git_index index = {0};
	struct err ignored;
	struct stat st;

	if (!l->submodules && !obeyed_has_changed(l, git, "index", &st) && l->walk_ms < MIN_MS)
		return;
	if (git_index_read(git, &index, &ignored) < 0)
		return;
	for (size_t i = 0; i < index.gitlinks.n && l->looked++ < OBEYED_MAX_LOOKS; i++) {
		cleanup_free char *path = path_join(at, index.gitlinks.v[i]);
		cleanup_close int sub = -1;

		if (path_open_nolinks(dir, index.gitlinks.v[i], O_RDONLY | O_DIRECTORY, 0, &sub,
				      &ignored) == 0)
			look_at_repository(l, sub, path);
	}
}

static void look_at_path(struct obeyed_look *l, const char *path)
{
	cleanup_close int git = open_dir(AT_FDCWD, path);

	if (git >= 0)
		look_at_data(l, git, path);
}

/*
 * Git data elsewhere, of a linked worktree or of the repository around the project: where .git says
 * now, and where it was when the box started, which code inside cannot hide.
 */
static void look_outside(struct obeyed_look *l, const char *top, const char *dot_git)
{
	cleanup_free char *git = dot_git ? repository_pointer(dot_git, "gitdir: ", top) : NULL;
	cleanup_buf struct buf notes = BUF_INIT;
	const char *line;
	struct err e;

	if (l->box && box_start_notes(l->box, &notes, &e) < 0)
		log_warn("git's data elsewhere was not checked: %s", e.msg);
	line = notes.data;
	if (git)
		look_at_path(l, git);
	for (; (line = strstr(line, "\n" GIT_NOTE)); line++) {
		const char *target = line + strlen("\n" GIT_NOTE);
		cleanup_free char *path = xstrndup(target, strcspn(target, "\n"));
		cleanup_free char *head = path_join(path, "HEAD");

		if (access(head, F_OK) == 0 && (!git || !streq(git, path)))
			look_at_path(l, path);
	}
}

struct walk {
	struct obeyed_look *look;
	struct strv queue; /* paths, relative to the project */
};

static void walk_one(struct walk *w, int top, const char *path, const char *at)
{
	bool has_head = false, has_objects = false, has_refs = false;
	cleanup_close int fd = open_dir(top, path);
	cleanup_dir struct dir d = {0};
	struct err ignored;
	struct stat st;

	if (fd < 0 || dir_open(&d, fd, ".", &ignored) < 0)
		return;
	while (dir_next(&d, &ignored) == 1) {
		has_head |= streq(d.name, "HEAD");
		has_objects |= streq(d.name, "objects") || streq(d.name, "commondir");
		has_refs |= streq(d.name, "refs") || streq(d.name, "commondir");
		if (streq(d.name, ".git") && !streq(path, "."))
			look_at_repository(w->look, fd, at);
		else if ((d.type == DT_DIR || d.type == DT_UNKNOWN) && !streq(d.name, ".git") &&
			 w->queue.n < MAX_QUEUE)
			strv_push_take(&w->queue, path_join(path, d.name));
	}
	if (has_head && has_objects && has_refs &&
	    (obeyed_has_changed(w->look, fd, "HEAD", &st) ||
	     obeyed_has_changed(w->look, fd, "config", &st)))
		obeyed_add(w->look, at, &st, REPOSITORY);
}

static void walk(struct obeyed_look *l, int top, const char *path)
{
	struct walk w = {.look = l};

	strv_push(&w.queue, ".");
	for (size_t i = 0; i < w.queue.n && !obeyed_is_late(l); i++) {
		cleanup_free char *at = path_normalize(path, w.queue.v[i]);

		walk_one(&w, top, w.queue.v[i], at);
	}
	strv_clear(&w.queue);
}

/* Every git command changes its own times, so the start of the box notes its identity. */
static void look_for_another(struct obeyed_look *l, int git, const char *at)
{
	cleanup_buf struct buf notes = BUF_INIT;
	struct err ignored;
	struct stat st;

	if (!l->box || fstat(git, &st) < 0)
		return;
	(void)!box_start_notes(l->box, &notes, &ignored);
	if (guarded_is_other(notes.data, GUARDED_GIT, &st))
		obeyed_add(l, at, &st, "/ (another directory)");
}

void obeyed_git(struct obeyed_look *l, int dir, const char *path, enum obeyed_dot_git dot_git)
{
	cleanup_free char *at = path_join(path, ".git");
	cleanup_close int git = dot_git == OBEYED_GIT_DIR ? open_dir(dir, ".git") : -1;

	if (git >= 0) {
		look_for_another(l, git, at);
		look_at_git(l, git, at);
		look_at_gitlinks(l, dir, path, git);
	} else {
		if (dot_git != OBEYED_NO_GIT)
			obeyed_file(l, dir, path, ".git");
		look_outside(l, path, dot_git != OBEYED_NO_GIT ? at : NULL);
	}
	if (l->walk_ms >= MIN_MS)
		walk(l, dir, path);
}
