/*
 * files.h - single files of the host in a box: copies in its memory, which a session brings up to date.
 */
#ifndef LAUNCH_FILES_H
#define LAUNCH_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Up to what length a file of a plan's is followed, in bytes. */
#define FILES_FOLLOW_MAX (1 << 20)

/* One of the files, before its bytes. */
struct session_file {
	uint32_t index, size;
};

/*
 * At a start: copies the host's file beneath hostfd, in which no link may be, to the box's memory as file i, and
 * gives the copy as a detached read-only mount. 1: it is no regular file, or too long to be copied.
 */
int files_copy(int rootfd, int hostfd, const char *source, size_t i, int *ret_tree, struct err *e);

/* In a session's process: rewrites those that are named in data, a sequence of struct session_file. */
void files_refresh(const void *data, uint32_t size);

#endif
