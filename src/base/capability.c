/*
 * capability.c - parses and formats the mark of a file's capabilities.
 */
#include "base/capability.h"

#include <endian.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/mem.h"
#include "base/owner.h"

bool capability_take(const void *value, size_t len, struct capability *ret)
{
	struct capability c = {.len = len};
	uint32_t magic;

	if (len != XATTR_CAPS_SZ_2 && len != XATTR_CAPS_SZ_3)
		return false;
	memcpy(c.value, value, len);
	memcpy(&magic, value, sizeof(magic));
	magic = le32toh(magic);
	if (magic & ~(uint32_t)(VFS_CAP_REVISION_MASK | VFS_CAP_FLAGS_EFFECTIVE) ||
	    (magic & VFS_CAP_REVISION_MASK) !=
		    (len == XATTR_CAPS_SZ_2 ? VFS_CAP_REVISION_2 : VFS_CAP_REVISION_3))
		return false;
	*ret = c;
	return true;
}

size_t capability_format(const struct capability *c, char ret[CAPABILITY_MAX])
{
	int n = snprintf(ret, CAPABILITY_MAX, "%" PRIdMAX ".%09ld:", (intmax_t)c->mtime.tv_sec,
			 c->mtime.tv_nsec);

	for (size_t i = 0; i < c->len; i++)
		n += snprintf(ret + n, CAPABILITY_MAX - (size_t)n, "%02x", c->value[i]);
	return (size_t)n;
}

bool capability_parse(const char *text, size_t len, struct capability *ret)
{
	char copy[CAPABILITY_MAX] = {0}, again[CAPABILITY_MAX];
	unsigned char value[sizeof(ret->value)];
	struct capability c;
	const char *dot, *hex;
	size_t n = 0;

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	dot = strchr(copy, '.');
	hex = dot ? strchr(dot, ':') : NULL;
	if (!hex)
		return false;
	for (hex++; n < sizeof(value) && hex[0] && hex[1]; hex += 2) {
		const char digits[] = {hex[0], hex[1], '\0'};

		value[n++] = (unsigned char)strtoul(digits, NULL, 16);
	}
	if (!capability_take(value, n, &c))
		return false;
	c.mtime.tv_sec = (time_t)strtoimax(copy, NULL, 10);
	c.mtime.tv_nsec = strtol(dot + 1, NULL, 10);
	if (c.mtime.tv_nsec < 0 || c.mtime.tv_nsec > 999999999 ||
	    capability_format(&c, again) != len || memcmp(again, text, len) != 0)
		return false;
	*ret = c;
	return true;
}

bool capability_holds(const struct capability *c, const struct stat *st)
{
	return S_ISREG(st->st_mode) && c->mtime.tv_sec == st->st_mtim.tv_sec &&
	       c->mtime.tv_nsec == st->st_mtim.tv_nsec;
}

bool capability_read(int fd, struct capability *ret)
{
	char text[CAPABILITY_MAX];
	ssize_t n = fgetxattr(fd, CAPABILITY_MARK, text, sizeof(text));
	struct stat st;

	return n > 0 && capability_parse(text, (size_t)n, ret) && fstat(fd, &st) == 0 &&
	       capability_holds(ret, &st);
}

bool capability_or_owner_mark(const char *name)
{
	return streq(name, OWNER_XATTR) || streq(name, CAPABILITY_MARK);
}
