/*
 * git_index.h - submodules and extensions in a git index (gitformat-index(5)).
 *
 * The index may have been written by code in a box: any bytes give an answer or an error.
 */
#ifndef BASE_GIT_INDEX_H
#define BASE_GIT_INDEX_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

/* Larger ones are refused; Linux has 10 MB. */
#define GIT_INDEX_MAX (256u << 20)
/* More submodules than this are refused. */
#define GIT_INDEX_MAX_GITLINKS 4096

struct git_index {
	struct strv gitlinks; /* paths of submodules, relative to the top, without `..` */
	char shared[65];      /* the hash of the shared index that this one extends, or "" */
	bool unnamed;	      /* has gitlinks whose names are in the shared index */
	bool extended;	      /* tells git what to skip: file system monitor, untracked cache ... */
};

/* An index without submodules is not read entry by entry. -EINVAL: not an index. */
int git_index_parse(const struct buf *data, struct git_index *ret, struct err *e);

/*
 * Reads the index of a git directory and its shared index: the gitlinks of both. A missing index
 * has none.
 */
int git_index_read(int dir, struct git_index *ret, struct err *e);

void git_index_clear(struct git_index *index);
#define cleanup_git_index __attribute__((cleanup(git_index_clear)))

#endif
