/*
 * new_file.h - a file that gets its name when it is whole.
 *
 * It is made without a name (O_TMPFILE) in the directory it is to be in, so that whoever is killed
 * leaves nothing there. A name that is taken is replaced by rename(2), which takes a second name for
 * the moment between two system calls: NEW_FILE_PREFIX and a hash of the name, the same each time, so
 * that the next writer uses up what was left. Where the file system has no O_TMPFILE (NFS, vfat), the
 * file has a second name from the beginning: new_file_beside().
 */
#ifndef BASE_NEW_FILE_H
#define BASE_NEW_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

#define NEW_FILE_PREFIX ".sandbox-"

struct new_file {
	int fd;	   /* to be written to */
	int dirfd; /* the directory it is to be in */
	char *name;
	char *tmp;   /* its second name */
	bool linked; /* it has that name now */
};

#define NEW_FILE_INIT                 \
	{                             \
		.fd = -1, .dirfd = -1 \
	}

/*
 * Begins the file path, relative to dirfd; mode is subject to the umask. tmp is the second name that it may
 * take, of a writer who is the only one to use that name, so that what is left of a kill is found by it;
 * NULL: one of its own. Returns 0 or -errno.
 */
int new_file_open(int dirfd, const char *path, const char *tmp, mode_t mode, struct new_file *ret);

/*
 * Gives the file its name, in place of what has it. durable: with its content and its name it is on the
 * disk when this returns, and the name was not there before the content. Returns 0 or -errno.
 */
int new_file_finish(struct new_file *f, bool durable);

/*
 * Makes a file that was not there, PATH.tmp-<random>; *ret_tmp is its name, the caller frees. Returns its
 * descriptor or -errno.
 */
int new_file_beside(int dirfd, const char *path, mode_t mode, char **ret_tmp);

/* As new_file_finish() for what fd has open without a name, in the directory dirfd, by way of the name tmp. */
int new_file_link(int fd, int dirfd, const char *tmp, const char *name);

/* Releases; what was not finished is gone. */
void new_file_close(struct new_file *f);
#define cleanup_new_file __attribute__((cleanup(new_file_close)))

/*
 * All that was written to the file system that the directory fd is on, O_PATH or not, is on its disk when
 * this returns: before something gets a name by which it is taken for whole ever after. It waits for
 * everything on that file system, so it comes once a command. path is for messages.
 */
int sync_fs(int fd, const char *path, struct err *e);

/* The names in the directory path, relative to dirfd, are on the disk when this returns. */
int sync_dir(int dirfd, const char *path, struct err *e);

#endif
