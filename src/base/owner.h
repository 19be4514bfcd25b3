/*
 * owner.h - the owner and set-id bits that box-root gave a file, as stored in its extended
 * attribute; and the device that a file stands in for.
 *
 * Symlinks and pipes cannot have such attributes (xattr(7)). Theirs is in the time of the last
 * access, which follows the inode through renames, hard links and the overlay's copies, and which no
 * layer of an image keeps: a second after OWNER_TIME for each uid, a nanosecond for each gid. relatime
 * leaves a time in the future as it is.
 */
#ifndef BASE_OWNER_H
#define BASE_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* "UID:GID", or "UID:GID:BITS" in octal digits; a device adds ":cMAJOR:MINOR" or ":bMAJOR:MINOR" */
#define OWNER_XATTR "user.sandbox.owner"
#define OWNERS_XATTR \
	"user.sandbox.owners"		/* on the root directory: owners of all files are known */
#define OWNER_MAX  64			/* bytes of the value, including a NUL */
#define OWNER_TIME INT64_C(10000000000) /* 2286; ext4 ends in 2446, after the last uid */
#define OWNER_SAME UINT32_MAX		/* chown(2): leave unchanged */

struct owner {
	uint32_t uid, gid;
	bool has_bits; /* else the set-id bits are unknown */
	uint32_t bits; /* of S_ISUID and S_ISGID */
	char device;   /* 'c', 'b': an empty file stands in for one (has_bits too); 0: it is none */
	uint32_t major, minor;
};

/*
 * The value may have been written by anything in a box: false unless it has the form of
 * owner_format().
 */
bool owner_parse(const char *text, size_t len, struct owner *ret);

/* Does the time of the last access say an owner? Has no set-id bits. */
bool owner_from_time(const struct timespec *atime, struct owner *ret);

/* The time that says it; false for a gid of a billion or more. */
bool owner_to_time(const struct owner *o, struct timespec *ret);

/*
 * The mode of a file with its recorded bits, as box-root sees it: none without the execute bit that
 * it depends on, because a chmod(2) that removes both is not intercepted (seccomp_policy.c). In a
 * build all are, so the bits are exact.
 */
mode_t owner_mode(mode_t mode, const struct owner *o, bool exact);

/* Returns the length. */
size_t owner_format(const struct owner *o, char ret[OWNER_MAX]);

#endif
