/*
 * new_file.h - a file that gets its name once it is complete.
 *
 * The file is created without a name (O_TMPFILE) in its directory, so that a writer who is killed
 * leaves nothing behind. To replace an existing name it needs rename(2), and for the moment between
 * two system calls a temporary name: NEW_FILE_PREFIX and a hash of the name, always the same, so
 * that the next writer reuses what was left. Without O_TMPFILE (NFS, vfat) the file has a temporary
 * name from the start: new_file_beside().
 */
#ifndef BASE_NEW_FILE_H
#define BASE_NEW_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

#define NEW_FILE_PREFIX ".sandbox-"

struct new_file {
	int fd;	   /* open for writing */
	int dirfd; /* the directory it will be in */
	char *name;
	char *tmp;   /* its temporary name */
	bool linked; /* tmp exists */
};

#define NEW_FILE_INIT                 \
	{                             \
		.fd = -1, .dirfd = -1 \
	}

/*
 * Begins the file path, relative to dirfd; mode is subject to the umask. tmp is the temporary name
 * it may use; no other writer may use that name, so that what a kill leaves can be found. NULL: a
 * name of its own. Returns 0 or -errno.
 */
int new_file_open(int dirfd, const char *path, const char *tmp, mode_t mode, struct new_file *ret);

/*
 * Gives the file its name, replacing what has it. A power cut leaves no name without its content.
 * durable: content and name are on disk on return; else after sync_fs(). Returns 0 or -errno.
 */
int new_file_finish(struct new_file *f, bool durable);

/*
 * Waits until the content is written, before the file gets a name that is not synced: then no power
 * cut leaves the name without the content. Much cheaper than fsync(2). Returns 0 or -errno.
 */
int new_file_write_out(int fd);

/*
 * Creates a new file PATH.tmp-<random>. *ret_tmp is its name; the caller frees it. Returns the
 * descriptor or -errno.
 */
int new_file_beside(int dirfd, const char *path, mode_t mode, char **ret_tmp);

/*
 * As new_file_finish(), for an unnamed file open at fd, in the directory dirfd, with tmp as
 * temporary name.
 */
int new_file_link(int fd, int dirfd, const char *tmp, const char *name);

/* Closes it; an unfinished file is removed. */
void new_file_close(struct new_file *f);
#define cleanup_new_file __attribute__((cleanup(new_file_close)))

/*
 * Returns when everything written to the file system of the directory fd (may be O_PATH) is on
 * disk. For use before something gets the name that marks it complete. It waits for the whole file
 * system, so call it once a command. path is for messages.
 */
int sync_fs(int fd, const char *path, struct err *e);

/* Returns when the names in the directory path, relative to dirfd, are on disk. */
int sync_dir(int dirfd, const char *path, struct err *e);

#endif
