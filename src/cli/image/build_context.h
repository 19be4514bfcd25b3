/*
 * build_context.h - the context of a build, if it is a git repository.
 */
#ifndef CLI_IMAGE_BUILD_CONTEXT_H
#define CLI_IMAGE_BUILD_CONTEXT_H

#include <fcntl.h>

#include "build/engine/build.h"
#include "cli/image/build_lent.h"
#include "cli/image/image_common.h"

struct build_context {
	struct image_tools tools;
	struct build_request req;
	struct build b;
	bool opened;
	int top;    /* the files; AT_FDCWD: there is no repository */
	char *path; /* of top, in this process and those that it starts */
};

#define BUILD_CONTEXT_INIT                                                             \
	{                                                                              \
		.tools = IMAGE_TOOLS_INIT, .b = {.store = STORE_INIT, .cache_fd = -1}, \
		.top = AT_FDCWD                                                        \
	}

/* Does the word name a repository, and not a directory that is here? */
bool build_context_is_remote(const char *word);

/* Fetches it, for as long as c lasts. agents: of --ssh. */
int build_context_fetch(struct build_context *c, const char *word,
			const struct build_lent_list *agents, bool keep_git_dir, struct err *e);
void build_context_clear(struct build_context *c);

/* The file at a path beneath it: -ENOENT. Symlinks lead nowhere else. */
int build_context_read(const struct build_context *c, const char *path, size_t max, struct buf *out,
		       struct err *e);

#endif
