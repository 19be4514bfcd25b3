/*
 * file.h - bounded reading, atomic writing, creating and removing trees, locks.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Opens a file of any type for reading without waiting for a peer. If someone holds a lease on it,
 * waits for a moment. Returns the descriptor or -errno; name is for messages.
 */
int file_open_read(int dirfd, const char *path, const char *name, struct err *e);

/*
 * Appends a regular file's content to out. Any other type, or more than max bytes, is an error;
 * never blocks on a FIFO or a device. path is relative to dirfd.
 */
int file_read(int dirfd, const char *path, size_t max, struct buf *out, struct err *e);

/* As file_read(), for an open descriptor; path is for messages. */
int file_read_fd(int fd, const char *path, size_t max, struct buf *out, struct err *e);

/* Identifies the content that a file had when it was read: replacing the file changes the stamp. */
struct file_stamp {
	ino_t ino; /* 0: not read */
	struct timespec changed;
};

/* As file_read(), and returns the stamp of what was read. */
int file_read_stamped(int dirfd, const char *path, size_t max, struct buf *out,
		      struct file_stamp *ret, struct err *e);

/* Does the file still have that stamp? False if a change could have left it (file_time.h). */
bool file_has_stamp(int dirfd, const char *path, const struct file_stamp *stamp);

/*
 * Writes a file, whole or not at all (new_file.h). When it returns, the file is on disk: a power
 * cut before leaves the old or the new content, a power cut after it the new.
 */
int file_write_atomic(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		      struct err *e);

/* Does the file exist with exactly this content? */
bool file_holds(int dirfd, const char *name, const void *data, size_t size);

/*
 * As file_write_atomic(), without waiting for the disk: after a power cut the file may be empty.
 * For files that nobody misses then: those of throw-away boxes and inside boxes.
 */
int file_write_passing(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		       struct err *e);

/*
 * The same in a directory that nobody else looks at yet: a file that is not there is made under its
 * name.
 */
int file_write_first(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		     struct err *e);

/*
 * Appends at most the last max bytes of a file, to show the end of a log. Appends nothing if it is
 * a symlink or cannot be read.
 */
void file_read_end(const char *path, size_t max, struct buf *out);

/*
 * Calls pread(2) until the buffer is full, or the file ends. Returns the number of bytes, or
 * -errno.
 */
ssize_t file_read_at(int fd, void *buffer, size_t size, off_t at);

/* Calls write(2) until everything is written; returns 0 or -errno. */
int write_all(int fd, const void *data, size_t len);

/* This process's umask(2), which can only be read by setting it. */
mode_t file_umask(void);

/* mkdir -p: creates missing directories with mode; existing ones are fine. */
int file_mkdirs(const char *path, mode_t mode, struct err *e);

/*
 * Removes name beneath dirfd and everything in it, also directories whose mode shuts their owner
 * out. Symlinks are removed, never followed. Succeeds if it does not exist.
 */
int file_remove_tree(int dirfd, const char *name, struct err *e);

/*
 * renameat(2) into another directory. A directory that shuts its owner out gets u+rwx first,
 * because the rename rewrites its "..". Returns 0 or -errno.
 */
int file_move(int dirfd, const char *from, const char *to);

/* Does path still name the file that fd has open? */
bool file_is_at(int fd, int dirfd, const char *path);

/*
 * flock(2) on fd. file_trylock() returns false if another process holds it. A lock ends with its
 * holder.
 */
int file_lock(int fd, const char *path, struct err *e);
bool file_trylock(int fd);

#endif
