/*
 * checkout.c - follows .git, commondir, the index, worktrees/ and symlinks to everything that git
 * would obey in a project.
 */
#include "grant/checkout.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/git_index.h"
#include "base/path.h"
#include "config/xdg.h"
#include "grant/protect.h"
#include "grant/repository.h"

#define CONFIG_MAX    (1u << 20)
#define MAX_INCLUDES  8
#define MAX_NAMED     1000
#define MAX_DEPTH     16 /* of nested submodules */
#define SYSTEM_CONFIG "/etc/gitconfig"

struct protecting {
	const char *project;
	struct strv *paths;
	size_t submodules, n_named;
	struct strv *named; /* if not NULL: only lists what is named, protects nothing */
};

/* Only what is in the project: the box cannot write elsewhere, or it is protected there. */
static int add(struct protecting *p, const char *path, struct err *e)
{
	if (p->named || !path_is_beneath(path, p->project) || streq(path, p->project))
		return 0;
	return protect_in(p->project, path + strlen(p->project) + 1, p->paths, e);
}

/*
 * The git directory of the checkout at top, symlinks followed; NULL: there is none. The caller
 * frees it.
 */
static char *git_data(const char *top)
{
	cleanup_free char *dot_git = path_join(top, ".git");
	cleanup_free char *pointed = repository_pointer(dot_git, "gitdir: ", top);

	return realpath(pointed ? pointed : dot_git, NULL);
}

/* Counts hooks named by settings or symlinks, which code in a box may have written. */
static int count_named(struct protecting *p, struct err *e)
{
	if (++p->n_named > MAX_NAMED)
		return err_set(
			e, E2BIG,
			"cannot protect '.git': its settings and hooks name more than %d files",
			MAX_NAMED);
	return 0;
}

/*
 * A path named by settings or symlinks. file: if missing it is created as a file, not as a
 * directory.
 */
static int add_named(struct protecting *p, const char *path, bool file, struct err *e)
{
	cleanup_close int project = -1, fd = -1;
	struct err ignored;
	int r = count_named(p, e);

	if (r < 0 || !path_is_beneath(path, p->project) || streq(path, p->project))
		return r;
	if (p->named) {
		strv_push(p->named, path);
		return 0;
	}
	if (file)
		project = open(p->project, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (project >= 0)
		(void)!path_open_nolinks(project, path + strlen(p->project) + 1,
					 O_WRONLY | O_CREAT | O_EXCL, 0644, &fd, &ignored);
	return add(p, path, e);
}

/*
 * The value after key and '=' in a line of git's configuration; NULL: another key. The caller frees
 * it.
 */
static char *value_of(const char *line, const char *key)
{
	size_t n;

	line += strspn(line, " \t");
	if (strncasecmp(line, key, strlen(key)) != 0)
		return NULL;
	line += strlen(key);
	line += strspn(line, " \t");
	if (*line++ != '=')
		return NULL;
	line += strspn(line, " \t\"");
	n = strcspn(line, "\"#;\r");
	while (n && (line[n - 1] == ' ' || line[n - 1] == '\t'))
		n--;
	return n ? xstrndup(line, n) : NULL;
}

/* Resolves a path as git does in its settings. The caller frees it. */
static char *path_in(const char *base, const char *value)
{
	cleanup_free char *home = starts_with(value, "~/") ? xdg_home() : NULL;

	return home ? path_normalize(home, value + 2) : path_normalize(base, value);
}

/*
 * The target of the symlink name in dir (an absolute path without symlinks); NULL: not a symlink.
 */
static char *link_of(const char *dir, const char *name)
{
	cleanup_free char *path = path_join(dir, name);
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n < 0)
		return NULL;
	target[n] = '\0';
	return path_normalize(dir, target);
}

static int add_linked_file(struct protecting *p, const char *dir, const char *name, struct err *e)
{
	cleanup_free char *target = link_of(dir, name);
	int r = target ? add_named(p, target, true, e) : 0;

	return r < 0 ? err_add(e, "'%s/%s' is a symlink", dir, name) : 0;
}

/* Tracked hooks are often symlinks in git's hooks directory. */
static int add_hooks(struct protecting *p, const char *path, struct err *e)
{
	cleanup_free char *hooks = realpath(path, NULL);
	cleanup_dir struct dir d = {0};
	int r = hooks ? dir_open(&d, AT_FDCWD, hooks, e) : -ENOENT;

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	while (r == 0 && (r = dir_next(&d, e)) > 0)
		r = d.type == DT_LNK || d.type == DT_UNKNOWN ? add_linked_file(p, hooks, d.name, e)
							     : 0;
	return r;
}

/*
 * Git's settings can name files of the project: tracked hooks, further settings. The user set that
 * up, and git runs and obeys those files.
 */
static int add_config(struct protecting *p, const char *top, const char *file, int depth,
		      struct err *e)
{
	cleanup_free char *dir = path_normalize(file, "..");
	cleanup_buf struct buf text = BUF_INIT;
	struct err ignored;
	char *rest, *line;
	bool include = false;
	int r = 0;

	if (depth > MAX_INCLUDES || file_read(AT_FDCWD, file, CONFIG_MAX, &text, &ignored) < 0)
		return 0;
	for (rest = text.data; r == 0 && (line = strsep(&rest, "\n"));) {
		cleanup_free char *hooks = NULL, *more = NULL, *path = NULL;

		line += strspn(line, " \t");
		if (*line == '[') {
			include = strncasecmp(line, "[include", strlen("[include")) == 0;
			line += strcspn(line, "]");
			line += *line == ']';
		}
		hooks = value_of(line, "hooksPath");
		more = include ? value_of(line, "path") : NULL;
		path = hooks ? path_in(top, hooks) : more ? path_in(dir, more) : NULL;
		if (path)
			r = add_named(p, path, !hooks, e);
		if (r == 0 && path)
			r = hooks ? add_hooks(p, path, e) : add_config(p, top, path, depth + 1, e);
	}
	return r;
}

/* The user's own settings apply to each repository, and paths in them are relative to it. */
static int add_users_config(struct protecting *p, const char *top, struct err *e)
{
	const char *global = getenv("GIT_CONFIG_GLOBAL"), *base = getenv("XDG_CONFIG_HOME");
	cleanup_free char *home = xdg_home(), *own = path_join(home, ".gitconfig");
	cleanup_free char *config = base && *base == '/' ? xstrdup(base)
							 : path_join(home, ".config");
	cleanup_free char *more = path_join(config, "git/config");
	const char *files[] = {global && *global ? global : own, global && *global ? NULL : more,
			       SYSTEM_CONFIG};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(files); i++) {
		cleanup_free char *real = files[i] ? realpath(files[i], NULL) : NULL;

		if (real && (r = add_named(p, real, true, e)) == 0)
			r = add_config(p, top, files[i], 0, e);
	}
	return r;
}

/* Git's data is protected, but the target of a symlink in it is not a part of it. */
static int add_links(struct protecting *p, const char *git, struct err *e)
{
	static const char *const files[] = {"config", "config.worktree", "info/attributes"};
	static const char *const folders[] = {"hooks", "info", "modules", "worktrees"};
	cleanup_free char *hooks = path_join(git, "hooks");
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++) {
		cleanup_free char *target = link_of(git, folders[i]);

		r = target ? add_named(p, target, false, e) : 0;
	}
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(files); i++) {
		cleanup_free char *file = path_join(git, files[i]),
				  *dir = path_normalize(file, "..");

		r = add_linked_file(p, dir, path_basename(file), e);
	}
	return r == 0 ? add_hooks(p, hooks, e) : r;
}

static int add_data(struct protecting *p, const char *top, const char *git, struct err *e)
{
	cleanup_free char *file = path_join(git, "commondir");
	cleanup_free char *pointed = repository_pointer(file, "", git);
	cleanup_free char *common = pointed ? realpath(pointed, NULL) : NULL;
	cleanup_free char *settings = NULL, *own = NULL;
	int r = add(p, git, e);

	if (r == 0 && common)
		r = add(p, common, e);
	if (r == 0)
		r = add_links(p, git, e);
	if (r == 0 && common)
		r = add_links(p, common, e);
	settings = path_join(common ? common : git, "config");
	own = path_join(git, "config.worktree");
	if (r == 0)
		r = add_users_config(p, top, e);
	if (r == 0)
		r = add_config(p, top, settings, 0, e);
	return r == 0 ? add_config(p, top, own, 0, e) : r;
}

static int add_submodules(struct protecting *p, const char *top, const char *git, int depth,
			  struct err *e);
static int add_worktrees(struct protecting *p, const char *git, int depth, struct err *e);

/* Adds a repository or checkout and everything that it leads to. git: its data; NULL: none. */
static int add_checkout(struct protecting *p, const char *top, const char *git, int depth,
			struct err *e)
{
	int r = 0;

	if (git)
		r = add_data(p, top, git, e);
	if (git && r == 0)
		r = add_worktrees(p, git, depth, e);
	return git && r == 0 ? add_submodules(p, top, git, depth, e) : r;
}

static int too_many(struct err *e)
{
	return err_set(e, E2BIG,
		       "cannot protect '.git': there are more than %d repositories in it. "
		       "Protect the directories that hold them, or take '.git' out",
		       CHECKOUT_MAX_SUBMODULES);
}

static int add_submodule(struct protecting *p, const char *top, const char *name, int depth,
			 struct err *e)
{
	cleanup_free char *sub = path_join(top, name), *dot_git = path_join(sub, ".git");
	cleanup_free char *git = NULL;
	int r;

	if (depth > MAX_DEPTH || ++p->submodules > CHECKOUT_MAX_SUBMODULES)
		return too_many(e);
	r = add(p, dot_git, e);
	git = r == 0 ? git_data(sub) : NULL;
	return r == 0 ? add_checkout(p, sub, git, depth + 1, e) : r;
}

/* A linked worktree with its data in entry; only git on the host makes or removes it. */
static int add_worktree(struct protecting *p, const char *entry, int depth, struct err *e)
{
	cleanup_free char *file = path_join(entry, "gitdir");
	cleanup_free char *dot_git = repository_pointer(file, "", entry);
	cleanup_free char *top = dot_git ? path_normalize(dot_git, "..") : NULL;
	int r;

	if (!top || !path_is_beneath(top, p->project) || streq(top, p->project) ||
	    access(dot_git, F_OK) < 0)
		return 0;
	if (depth > MAX_DEPTH || ++p->submodules > CHECKOUT_MAX_SUBMODULES)
		return too_many(e);
	r = add(p, dot_git, e);
	if (r == 0)
		r = add_data(p, top, entry, e);
	return r == 0 ? add_submodules(p, top, entry, depth + 1, e) : r;
}

/* The linked worktrees of a repository that are in the project, where git and tools put them. */
static int add_worktrees(struct protecting *p, const char *git, int depth, struct err *e)
{
	cleanup_free char *path = path_join(git, "worktrees"), *real = realpath(path, NULL);
	cleanup_dir struct dir d = {0};
	int r = real ? dir_open(&d, AT_FDCWD, real, e) : -ENOENT;

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	while (r == 0 && (r = dir_next(&d, e)) > 0) {
		cleanup_free char *entry = path_join(real, d.name);

		r = add_worktree(p, entry, depth, e);
	}
	return r;
}

static int add_submodules(struct protecting *p, const char *top, const char *git, int depth,
			  struct err *e)
{
	cleanup_git_index struct git_index index = {0};
	cleanup_close int fd = open(git, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? 0 : git_index_read(fd, &index, e);

	if (r < 0)
		return err_add(e, "cannot protect the submodules of '%s'", top);
	for (size_t i = 0; r == 0 && i < index.gitlinks.n; i++) {
		cleanup_free char *path = path_join(top, index.gitlinks.v[i]);

		/* The project can be a part of a checkout, or a submodule of it. */
		if (path_is_beneath(path, p->project) && !streq(path, p->project))
			r = add_submodule(p, top, index.gitlinks.v[i], depth, e);
	}
	return r;
}

int checkout_protect(const char *project, struct strv *paths, struct err *e)
{
	cleanup_repository struct repository repository = {0};
	struct protecting p = {.project = project, .paths = paths};
	const char *top;
	int r;

	repository_find(project, &repository);
	if (!repository.git)
		return 0;
	top = repository.root ? repository.root : project;
	r = add_checkout(&p, top, repository.git, 0, e);
	/* Worktrees of the repository that the project is a worktree or a part of. */
	if (r == 0 && repository.worktrees && repository.common)
		r = add_worktrees(&p, repository.common, 0, e);
	return r;
}

void checkout_named(const char *project, struct strv *paths)
{
	cleanup_repository struct repository repository = {0};
	struct protecting p = {.project = project, .named = paths};
	struct err ignored; /* more than anybody has */

	repository_find(project, &repository);
	if (repository.git)
		(void)!add_data(&p, repository.root ? repository.root : project, repository.git,
				&ignored);
}
