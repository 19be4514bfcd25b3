/*
 * checkout.c - following .git, commondir and the index to all that git would obey of a project.
 */
#include "box/checkout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/git_index.h"
#include "base/path.h"
#include "box/lend.h"
#include "box/repository.h"

#define MAX_DEPTH 16 /* of submodules in submodules */

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

static int add_data(struct protecting *p, const char *git, struct err *e)
{
	cleanup_free char *file = path_join(git, "commondir");
	cleanup_free char *pointed = repository_pointer(file, "", git);
	cleanup_free char *common = pointed ? realpath(pointed, NULL) : NULL;
	int r = add(p, git, e);

	return r == 0 && common ? add(p, common, e) : r;
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
		r = add_data(p, git, e);
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
	int r;

	repository_find(project, &repository);
	if (!repository.git)
		return 0;
	r = add_data(&p, repository.git, e);
	return r == 0 ? add_submodules(&p, repository.root ? repository.root : project,
				       repository.git, 0, e)
		      : r;
}
