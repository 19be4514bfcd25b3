/*
 * watch_calls.h - the calls that a read-only mount can refuse, or the watcher, and the filter that stops a watched
 * process at these only.
 */
#ifndef LAUNCH_WATCH_CALLS_H
#define LAUNCH_WATCH_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum watch_kind {
	WATCH_NAME,  /* makes, removes or replaces a name in a directory */
	WATCH_OPEN,  /* opens a file for writing, or makes it */
	WATCH_META,  /* changes what is known of a file; follows a symlink */
	WATCH_TRACE, /* traces; refused because its process is traced itself */
};

/* Numbers of arguments; -1: none. */
struct watch_argument {
	int8_t dir, path; /* without a path it is the descriptor dir; without dir, the cwd */
};

struct watch_call {
	const char *name;
	enum watch_kind kind;
	struct watch_argument first, second; /* second: what another name becomes */
	int8_t flags;			     /* of an open that may not write; -1: always writes */
};

extern const struct watch_call watch_calls[];
extern const size_t watch_calls_n;

/* A stop of such a call has its index as data. Permanent; without a tracer they fail (ENOSYS). */
int watch_filter_apply(struct err *e);

#endif
