/*
 * owner.h - the owner that box-root gave a file, as it is written on it.
 */
#ifndef BASE_OWNER_H
#define BASE_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OWNER_XATTR "user.sandbox.owner" /* "UID:GID" */
#define OWNER_MAX   24			 /* bytes of its value, with room for a NUL */
#define OWNER_SAME  UINT32_MAX		 /* chown(2): not to be changed */

struct owner {
	uint32_t uid, gid;
};

/* Anything in a box may have written it: false for what owner_format() does not write. */
bool owner_parse(const char *text, size_t len, struct owner *ret);

/* Returns the length. */
size_t owner_format(const struct owner *o, char ret[OWNER_MAX]);

#endif
