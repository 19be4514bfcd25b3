/*
 * capability.h - the capabilities of a file, as stored in an extended attribute of ours.
 *
 * The kernel's own attribute needs a capability to be set, and would lend rights to whoever runs the
 * file: on the host, if its root made the box. Like owners (base/owner.h) these are for images and
 * for the programs of a build; nothing gets a right by them.
 *
 * The kernel takes capabilities from a file that is written to. Nobody does that here, so the mark
 * says the time of the last change that the file had, and holds only as long as it has that.
 */
#ifndef BASE_CAPABILITY_H
#define BASE_CAPABILITY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#define CAPABILITY_XATTR "security.capability"	   /* the kernel's */
#define CAPABILITY_MARK	 "user.sandbox.capability" /* ours: "SECONDS.NANOSECONDS:HEX" */
#define CAPABILITY_MAX	 128			   /* bytes of the mark, including a NUL */

struct capability {
	struct timespec mtime;
	unsigned char value[24]; /* as the kernel's attribute has it; linux/capability.h */
	size_t len;
};

/* Is it a value that the kernel would take? */
bool capability_take(const void *value, size_t len, struct capability *ret);

/*
 * The mark may have been written by anything in a box: false unless it has the form of
 * capability_format().
 */
bool capability_parse(const char *text, size_t len, struct capability *ret);

/* Returns the length. */
size_t capability_format(const struct capability *c, char ret[CAPABILITY_MAX]);

/* Has the file not been written to since? */
bool capability_holds(const struct capability *c, const struct stat *st);

/* The mark of an open file, if there is one that holds. */
bool capability_read(int fd, struct capability *ret);

/* Is it an attribute of ours, which no image and no program sees: an owner's, or this? */
bool capability_or_owner_mark(const char *name);

#endif
