/*
 * watch_record.h - what a watched session was refused (watch.h), in memory that its watcher and the
 * client share.
 *
 * The watcher is in the box, so the client believes nothing of it: a refusal is checked before it
 * is returned.
 */
#ifndef LAUNCH_WATCH_RECORD_H
#define LAUNCH_WATCH_RECORD_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "launch/seccomp_names.h"

#define WATCH_MAX 24 /* different ones; as many as NET_REFUSALS */

struct watched {
	int64_t time;		     /* milliseconds of CLOCK_REALTIME, of the last of them */
	uint32_t count;		     /* how often */
	int32_t error;		     /* an errno */
	char call[SECCOMP_NAME_MAX]; /* refused by the filter; "": a file */
	char path[PATH_MAX];	     /* of the file: absolute, without symlinks to it; else "" */
	char mount[PATH_MAX];	     /* where the mount is that refused it; else "" */
};

struct watch_record {
	uint64_t magic;
	uint32_t n;
	uint32_t more; /* refusals of others, when there was no room */
	struct watched at[WATCH_MAX];
};

/* A file in memory for a record, whose size is fixed. */
int watch_record_make(int *ret_fd, struct err *e);

/* In the box. NULL: it cannot be mapped. */
struct watch_record *watch_record_map(int fd);

/* Is it known? Then counts it once more. */
bool watch_record_again(struct watch_record *record, const char *call, const char *path);

/* Adds another one, of which time and count are filled in. */
void watch_record_add(struct watch_record *record, const struct watched *w);

/* What is to be kept of the bytes of a record: whole refusals, each of them possible. */
void watch_record_check(const void *data, size_t size, struct watch_record *ret);

/* Reads the record of a session that has ended. */
int watch_record_read(int fd, struct watch_record *ret, struct err *e);

/* Its bytes, without those that are not used. */
size_t watch_record_size(const struct watch_record *record);

#endif
