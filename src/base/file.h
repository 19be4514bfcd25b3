/*
 * file.h - reading with a bound, writing atomically, making and removing trees, locks.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Opens a file of whatever kind to be read, without waiting for what is at the other end; one that
 * somebody has a lease on is waited for a moment. Returns the descriptor or -errno; name is for messages.
 */
int file_open_read(int dirfd, const char *path, const char *name, struct err *e);

/*
 * Appends a regular file's content to out. Anything that is no regular file, or is longer than max
 * bytes, is an error; a FIFO or device is never waited for. path is relative to dirfd.
 */
int file_read(int dirfd, const char *path, size_t max, struct buf *out, struct err *e);

/* The same for an open descriptor; path is for messages. */
int file_read_fd(int fd, const char *path, size_t max, struct buf *out, struct err *e);

/* Which content a file had when it was read: one that is put into place anew has another stamp. */
struct file_stamp {
	ino_t ino; /* 0: not read */
	struct timespec changed;
};

/* As file_read(), with the stamp of what was read. */
int file_read_stamped(int dirfd, const char *path, size_t max, struct buf *out,
		      struct file_stamp *ret, struct err *e);

/* Has the file path still that stamp? */
bool file_has_stamp(int dirfd, const char *path, const struct file_stamp *stamp);

/*
 * Puts a file into place, whole or not at all (new_file.h). When it returns, the file is on the disk: a
 * power cut leaves the old one or the new one, and afterwards the new one.
 */
int file_write_atomic(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		      struct err *e);

/* Is the file there, with just this content? */
bool file_holds(int dirfd, const char *name, const void *data, size_t size);

/*
 * The same for what nobody misses after a power cut, at which it may be empty: files of a box that is
 * thrown away, and inside boxes. It does not wait for the disk.
 */
int file_write_passing(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		       struct err *e);

/*
 * Appends the last max bytes of a file at most, for who shows the end of a log. One that is a symlink, or
 * cannot be read, has none.
 */
void file_read_end(const char *path, size_t max, struct buf *out);

/* write(2) until all is written or an error; returns 0 or -errno. */
int write_all(int fd, const void *data, size_t len);

/* This process' umask(2), which can only be read by setting it. */
mode_t file_umask(void);

/* mkdir -p with mode for what is missing; an existing directory is fine. */
int file_mkdirs(const char *path, mode_t mode, struct err *e);

/*
 * Removes name beneath dirfd with everything in it, directories that shut their owner out included;
 * links are removed, never followed. What does not exist is removed already.
 */
int file_remove_tree(int dirfd, const char *name, struct err *e);

/*
 * renameat(2) to another directory, of directories too that shut their owner out: these get u+rwx first, as ".."
 * is written in them. Returns 0 or -errno.
 */
int file_move(int dirfd, const char *from, const char *to);

/* Is what fd has open still what path names? */
bool file_is_at(int fd, int dirfd, const char *path);

/*
 * flock(2) on fd. file_trylock returns false when another holds it. Locks die with their holder.
 */
int file_lock(int fd, const char *path, struct err *e);
bool file_trylock(int fd);

#endif
