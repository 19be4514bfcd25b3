/*
 * build_git.h - git repositories that a build takes files from.
 *
 * This machine's git fetches them, in throw-away boxes without anything of the user's: neither its
 * configuration nor credentials, but for the agent of --ssh. A box reaches what a step reaches.
 */
#ifndef BUILD_ENGINE_BUILD_GIT_H
#define BUILD_ENGINE_BUILD_GIT_H

#include "build/copy_request.h"
#include "build/engine/build.h"

/*
 * Finds the commit that the text of a source means. *ret stays the build's; it has a key, by which a
 * layer is found, and the files if they were fetched already. keep_git_dir: also if the text does not
 * say so; checksum: of --checksum, or NULL.
 */
int build_git_find(struct build *b, const char *text, bool keep_git_dir, const char *checksum,
		   struct copy_tree *ret, struct err *e);

/* The same, and fetches the files. */
int build_git_fetch(struct build *b, const char *text, bool keep_git_dir, const char *checksum,
		    struct copy_tree *ret, struct err *e);

/* Removes what this process has fetched. */
void build_git_free(struct build *b);

#endif
