/*
 * files.h - single files of the host in a box: copies in its memory, which each session updates.
 */
#ifndef LAUNCH_FILES_H
#define LAUNCH_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "launch/plan.h"

/* The longest file of a plan that is kept up to date, in bytes. */
#define FILES_FOLLOW_MAX (1 << 20)

/* Header of one file; its bytes follow. */
struct session_file {
	uint32_t index, size;
};

/*
 * At a start: copies the host's file beneath hostfd (no symlink on the way) to the box's memory as
 * file i, and returns the copy as a detached read-only mount. Returns 1 if it is not a regular file
 * or too long to copy.
 */
int files_copy(int rootfd, int hostfd, const char *source, size_t i, int *ret_tree, struct err *e);

/* The same, of a file with the text and mode of m. */
int files_make(int rootfd, const struct plan_mount *m, size_t i, int *ret_tree, struct err *e);

/* In a session's process: rewrites the files in data, a sequence of struct session_file. */
void files_refresh(const void *data, uint32_t size);

#endif
