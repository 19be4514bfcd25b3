/*
 * copy_sources.h - the flags and sources of a COPY or ADD, understood.
 */
#ifndef BUILD_COPY_SOURCES_H
#define BUILD_COPY_SOURCES_H

#include "build/copy_remote.h"
#include "build/copy_view.h"

struct copy_flags {
	bool link, parents, keep_git_dir;
	bool unpack, unpack_remote;	      /* archives, and those that ADD got by a URL */
	const char *chown, *chmod, *checksum; /* NULL: not given */
	struct ignore excludes;
};

/* One file or directory to copy. */
struct copy_source {
	const struct copy_view *view; /* NULL: a content of its own */
	char *real, *name;	      /* where it is in the view; the last component of its name */
	char *written;		      /* in the Dockerfile */
	bool matched;		      /* by a pattern, so it need not exist */
	struct copy_filter filter;
	struct ignore includes; /* of --parents */
	char *prefix;
	bool unpack;

	int fd; /* the content, or -1 */
	mode_t mode;
	struct timespec mtime;
};

/* Is it a git repository, of which the key stands for all files? */
bool copy_source_is_repository(const struct copy_source *source);

struct copy_sources {
	struct copy_flags flags;
	const char *destination;
	size_t written; /* how many the Dockerfile names */
	struct copy_view view;
	struct copy_view *repositories; /* of the request */
	size_t n_repositories;
	struct copy_source *v;
	size_t n;
};

/* ERR_USAGE: a flag's value is wrong; -ENOENT: a source does not exist. */
int copy_sources_read(const struct copy_request *req, struct copy_remotes *remotes,
		      struct copy_sources *ret, struct err *e);
void copy_sources_clear(struct copy_sources *s);
#define cleanup_copy_sources __attribute__((cleanup(copy_sources_clear)))

/* Calls each() for all files of all sources. */
struct copy_visitor {
	bool by_key; /* but for repositories, whose files their keys stand for */
	int (*each)(void *ctx, const struct copy_source *source, const struct copy_entry *entry,
		    struct err *e);
	void *ctx;
};
int copy_sources_walk(const struct copy_sources *s, const struct copy_visitor *visitor,
		      struct err *e);

#endif
