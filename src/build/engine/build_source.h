/*
 * build_source.h - where COPY, ADD and RUN --mount take files from.
 */
#ifndef BUILD_ENGINE_BUILD_SOURCE_H
#define BUILD_ENGINE_BUILD_SOURCE_H

#include "build/copy_request.h"
#include "build/engine/build.h"
#include "build/engine/build_files.h"

struct build_source {
	struct copy_tree tree;
	struct build_files files; /* of a stage or an image */
	int context;		  /* a directory; or -1 */
	char *name;
	/* Of all files, if it is a stage, an image or a repository; else hex "". */
	struct digest key;
	const char *git; /* the repository; its files are there after build_source_fetch() */
};

/*
 * Opens a stage, which is built first, an image, which is pulled, or a directory. Close it with
 * build_source_close(), on failure too.
 */
int build_source_open(struct build *b, const struct source *s, struct build_source *ret,
		      struct err *e);

/* Fetches the files of a repository, whose key may be enough to find a layer. Others have theirs. */
int build_source_fetch(struct build *b, struct build_source *s, struct err *e);
void build_source_close(struct build_source *s);
#define cleanup_build_source __attribute__((cleanup(build_source_close)))

#endif
