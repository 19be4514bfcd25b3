/*
 * checkout.c - following .git, commondir and the index to all that git would obey of a project.
 */
#include "box/checkout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/git_index.h"
#include "base/path.h"
#include "box/lend.h"
#include "box/repository.h"

#define CONFIG_MAX   (1u << 20)
#define MAX_INCLUDES 8
#define MAX_DEPTH    16 /* of submodules in submodules */

struct protecting {
	const char *project;
	struct strv *paths;
	size_t submodules;
};

/* What lies in the project; the box cannot write what lies elsewhere, or it is protected there. */
static int add(struct protecting *p, const char *path, struct err *e)
{
	if (!path_is_beneath(path, p->project) || streq(path, p->project))
		return 0;
	return lend_protect_in(p->project, path + strlen(p->project) + 1, p->paths, e);
}

/* Where git has the data of the checkout at top, links followed; NULL: it has none. The caller frees. */
static char *git_data(const char *top)
{
	cleanup_free char *dot_git = path_join(top, ".git");
	cleanup_free char *pointed = repository_pointer(dot_git, "gitdir: ", top);

	return realpath(pointed ? pointed : dot_git, NULL);
}

/* A file of the project that is to be protected, made where it is missing, as it is no directory. */
static int add_file(struct protecting *p, const char *path, struct err *e)
{
	cleanup_close int project = -1, fd = -1;
	struct err ignored;

	if (!path_is_beneath(path, p->project) || streq(path, p->project))
		return 0;
	project = open(p->project, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (project >= 0)
		(void)!path_open_nolinks(project, path + strlen(p->project) + 1,
					 O_WRONLY | O_CREAT | O_EXCL, 0644, &fd, &ignored);
	return add(p, path, e);
}

/* The value behind key and '=' in a line of git's configuration; NULL: it is another one. The caller frees. */
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
	/* In the home: no part of the project by this name. */
	return n && *line != '~' ? xstrndup(line, n) : NULL;
}

/*
 * Git's own settings can name files of the project: hooks that are tracked, further settings. Both are the
 * user's doing, and the files are what git runs and obeys.
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
		path = hooks ? path_normalize(top, hooks) : more ? path_normalize(dir, more) : NULL;
		if (path)
			r = hooks ? add(p, path, e) : add_file(p, path, e);
		if (r == 0 && path && !hooks)
			r = add_config(p, top, path, depth + 1, e);
	}
	return r;
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
	settings = path_join(common ? common : git, "config");
	own = path_join(git, "config.worktree");
	if (r == 0)
		r = add_config(p, top, settings, 0, e);
	return r == 0 ? add_config(p, top, own, 0, e) : r;
}

static int add_submodules(struct protecting *p, const char *top, const char *git, int depth,
			  struct err *e);

static int add_submodule(struct protecting *p, const char *top, const char *name, int depth,
			 struct err *e)
{
	cleanup_free char *sub = path_join(top, name), *dot_git = path_join(sub, ".git");
	cleanup_free char *git = NULL;
	int r;

	if (depth > MAX_DEPTH || ++p->submodules > CHECKOUT_MAX_SUBMODULES)
		return err_set(e, E2BIG,
			       "cannot protect '.git': there are more than %d repositories in it. "
			       "Protect the directories that hold them, or take '.git' out",
			       CHECKOUT_MAX_SUBMODULES);
	r = add(p, dot_git, e);
	git = r == 0 ? git_data(sub) : NULL;
	if (git)
		r = add_data(p, sub, git, e);
	return git && r == 0 ? add_submodules(p, sub, git, depth + 1, e) : r;
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

int checkout_protect(const char *project, struct strv *ret_paths, struct err *e)
{
	cleanup_repository struct repository repository = {0};
	struct protecting p = {.project = project, .paths = ret_paths};
	const char *top;
	int r;

	repository_find(project, &repository);
	if (!repository.git)
		return 0;
	top = repository.root ? repository.root : project;
	r = add_data(&p, top, repository.git, e);
	return r == 0 ? add_submodules(&p, top, repository.git, 0, e) : r;
}
