/*
 * owner.h - the owner that box-root gave a file, and its set-id bits, as they are written on it.
 */
#ifndef BASE_OWNER_H
#define BASE_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OWNER_XATTR "user.sandbox.owner" /* "UID:GID", or "UID:GID:BITS" in octal digits */
#define OWNER_MAX   32			 /* bytes of its value, with room for a NUL */
#define OWNER_SAME  UINT32_MAX		 /* chown(2): not to be changed */

struct owner {
	uint32_t uid, gid;
	bool has_bits; /* else nothing is said of them */
	uint32_t bits; /* of S_ISUID and S_ISGID */
};

/* Anything in a box may have written it: false for what owner_format() does not write. */
bool owner_parse(const char *text, size_t len, struct owner *ret);

/* Returns the length. */
size_t owner_format(const struct owner *o, char ret[OWNER_MAX]);

#endif
