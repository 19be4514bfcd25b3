/*
 * build_source.c - see build_source.h.
 *
 * A directory that --build-context names is taken whole: its .dockerignore is for builds of its
 * own.
 */
#include "build/engine/build_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "build/engine/build_base.h"
#include "build/engine/build_git.h"
#include "build/inside.h"
#include "build/remote.h"

void build_source_close(struct build_source *s)
{
	build_files_close(&s->files);
	close_fd(&s->context);
	free(s->name);
	s->name = NULL;
}

static int open_state(const struct build *b, const struct build_state *state,
		      struct build_source *ret, struct err *e)
{
	int r = build_files_open(state, b->req->store, &ret->files, e);

	ret->key = state->chain;
	ret->tree = (struct copy_tree){.name = ret->name,
				       .layers = ret->files.layers,
				       .metas = ret->files.metas,
				       .n = ret->files.n};
	return r;
}

static int open_stage(struct build *b, size_t stage, struct build_source *ret, struct err *e)
{
	const char *name = b->req->graph->stages[stage].name;
	const struct build_state *state;
	int r = b->need(b, stage, &state, e);

	if (r < 0)
		return r;
	ret->name = name ? xasprintf("stage '%s'", name) : xasprintf("stage %zu", stage);
	return open_state(b, state, ret, e);
}

static int open_image(const struct build *b, const char *image, struct build_source *ret,
		      struct err *e)
{
	cleanup_build_state struct build_state state = {0};
	cleanup_strv struct strv onbuild = {0};
	int r = build_base_image(b, image, NULL, &state, &onbuild, e);

	if (r < 0)
		return r;
	ret->name = xasprintf("image '%s'", image);
	return open_state(b, &state, ret, e);
}

/* What was fetched, a repository or features, is in the store. */
static bool is_fetched(const struct build *b, const char *path, const struct ignore *ignore)
{
	return ignore ? b->req->fetched : path_is_beneath(path, b->req->store->path);
}

/* ignore: of the context; NULL: it is a named one. */
static int open_dir(const struct build *b, const char *path, const char *name,
		    const struct ignore *ignore, struct build_source *ret, struct err *e)
{
	const char *inside = is_fetched(b, path, ignore) ? NULL : b->req->inside;
	int r = inside_open(inside, path, O_RDONLY | O_DIRECTORY, &ret->context, e);

	if (r < 0)
		return err_add(e, "cannot use %s, '%s'", name, path);
	ret->name = xstrdup(name);
	ret->tree = (struct copy_tree){.name = ret->name,
				       .layers = &ret->context,
				       .n = 1,
				       .is_context = true,
				       .ignore = ignore};
	return 0;
}

static int open_repository(struct build *b, const char *value, struct build_source *ret,
			   struct err *e)
{
	int r = build_git_find(b, value, false, NULL, &ret->tree, e);

	if (r < 0)
		return r;
	ret->name = xstrdup(ret->tree.name);
	ret->key = *ret->tree.key;
	ret->tree.key = NULL;
	ret->git = value;
	return 0;
}

int build_source_fetch(struct build *b, struct build_source *s, struct err *e)
{
	int r = s->git ? build_git_fetch(b, s->git, false, NULL, &s->tree, e) : 0;

	if (r == 0 && s->git)
		s->tree.key = NULL;
	return r;
}

static int open_context(struct build *b, const char *value, struct build_source *ret, struct err *e)
{
	if (starts_with(value, SOURCE_DOCKER_IMAGE))
		return open_image(b, value + strlen(SOURCE_DOCKER_IMAGE), ret, e);
	if (remote_kind(value) == REMOTE_GIT)
		return open_repository(b, value, ret, e);
	if (strstr(value, "://") || remote_kind(value) != REMOTE_NONE)
		return err_set(e, ENOTSUP,
			       "the context '%s' is not here: download it, and name its directory "
			       "with --build-context",
			       value);
	return open_dir(b, value, "the named context", NULL, ret, e);
}

int build_source_open(struct build *b, const struct source *s, struct build_source *ret,
		      struct err *e)
{
	*ret = (struct build_source){.context = -1};
	switch (s->kind) {
	case SOURCE_STAGE:
		return open_stage(b, s->stage, ret, e);
	case SOURCE_IMAGE:
		return open_image(b, s->name, ret, e);
	case SOURCE_CONTEXT:
		return open_context(b, s->name, ret, e);
	case SOURCE_FILES:
		return open_dir(b, b->req->context, "the context", b->req->ignore, ret, e);
	default:
		ret->name = xstrdup("scratch");
		ret->tree.name = ret->name;
		return 0;
	}
}
