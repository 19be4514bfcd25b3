/*
 * build_context.c - see build_context.h.
 */
#include "cli/image/build_context.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "build/engine/build_git.h"
#include "build/remote.h"

bool build_context_is_remote(const char *word)
{
	return remote_is_context(word) && access(word, F_OK) < 0;
}

int build_context_fetch(struct build_context *c, const char *word,
			const struct build_lent_list *agents, bool keep_git_dir, struct err *e)
{
	cleanup_free char *url = xasprintf(
		"%s%s", starts_with(word, REMOTE_GITHUB) ? "https://" : "", word);
	struct copy_tree tree;
	int r = image_tools_open(&c->tools, e);

	c->req = (struct build_request){.store = &c->tools.store,
					.conf = &c->tools.conf,
					.agents = agents->v,
					.n_agents = agents->n};
	c->b.req = &c->req;
	if (r < 0)
		return r;
	c->opened = true;
	r = build_open(&c->b, e);
	if (r == 0)
		r = build_git_fetch(&c->b, url, keep_git_dir, NULL, &tree, e);
	if (r < 0)
		return r;
	c->top = tree.layers[0];
	c->path = xasprintf("/proc/self/fd/%d", c->top);
	return 0;
}

void build_context_clear(struct build_context *c)
{
	if (c->opened) {
		build_git_free(&c->b);
		build_close(&c->b);
	}
	image_tools_close(&c->tools);
	free(c->path);
}

int build_context_read(const struct build_context *c, const char *path, size_t max, struct buf *out,
		       struct err *e)
{
	cleanup_close int fd = -1;
	int r = path_open_beneath(c->top, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, e);

	return r < 0 ? r : file_read_fd(fd, path, max, out, e);
}
