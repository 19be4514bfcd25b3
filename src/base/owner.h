/*
 * owner.h - the owner and set-id bits that box-root gave a file, as stored in its extended
 * attribute.
 */
#ifndef BASE_OWNER_H
#define BASE_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OWNER_XATTR "user.sandbox.owner" /* "UID:GID", or "UID:GID:BITS" in octal digits */
#define OWNER_MAX   32			 /* bytes of the value, including a NUL */
#define OWNER_SAME  UINT32_MAX		 /* chown(2): leave unchanged */

struct owner {
	uint32_t uid, gid;
	bool has_bits; /* else the set-id bits are unknown */
	uint32_t bits; /* of S_ISUID and S_ISGID */
};

/*
 * The value may have been written by anything in a box: false unless it has the form of
 * owner_format().
 */
bool owner_parse(const char *text, size_t len, struct owner *ret);

/* Returns the length. */
size_t owner_format(const struct owner *o, char ret[OWNER_MAX]);

#endif
