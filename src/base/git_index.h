/*
 * git_index.h - what an index of git's says of other repositories (gitformat-index(5)).
 *
 * It is read where code in a box may have written it: any bytes give an answer or an error.
 */
#ifndef BASE_GIT_INDEX_H
#define BASE_GIT_INDEX_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

/* Larger ones are refused; Linux's own has 10 MB. */
#define GIT_INDEX_MAX (256u << 20)
/* More entries of repositories than this are refused, too. */
#define GIT_INDEX_MAX_GITLINKS 4096

struct git_index {
	struct strv gitlinks; /* paths of submodules, relative to the top, without `..` */
	char shared[65];      /* the hash of the index that this one is a part of, or "" */
	bool unnamed;	      /* it has gitlinks whose names stand in that one */
	bool extended; /* it tells git what to pass over: file system monitor, untracked cache ... */
};

/* An index without entries of repositories is not read entry by entry. -EINVAL: it is none. */
int git_index_parse(const struct buf *data, struct git_index *ret, struct err *e);

/*
 * That of a git directory, with the one it is a part of: all gitlinks of both. A missing one has none.
 */
int git_index_read(int dir, struct git_index *ret, struct err *e);

void git_index_clear(struct git_index *index);
#define cleanup_git_index __attribute__((cleanup(git_index_clear)))

#endif
