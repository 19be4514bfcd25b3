/*
 * owner.c - parses and formats "UID:GID" and "UID:GID:BITS", and times.
 */
#include "base/owner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

size_t owner_format(const struct owner *o, char ret[OWNER_MAX])
{
	if (o->device)
		return (size_t)snprintf(ret, OWNER_MAX, "%u:%u:%o:%c%u:%u", o->uid, o->gid, o->bits,
					o->device, o->major, o->minor);
	if (o->has_bits)
		return (size_t)snprintf(ret, OWNER_MAX, "%u:%u:%o", o->uid, o->gid, o->bits);
	return (size_t)snprintf(ret, OWNER_MAX, "%u:%u", o->uid, o->gid);
}

mode_t owner_mode(mode_t mode, const struct owner *o, bool exact)
{
	if (o->bits & S_ISUID && (exact || mode & S_IXUSR))
		mode |= S_ISUID;
	if (o->bits & S_ISGID && (exact || mode & S_IXGRP))
		mode |= S_ISGID;
	return mode;
}

/* ":c1:3" */
static bool parse_device(const char *text, struct owner *o)
{
	const char *colon = strchr(text + 1, ':');

	if ((text[1] != 'c' && text[1] != 'b') || !colon)
		return false;
	o->device = text[1];
	o->major = (uint32_t)strtoul(text + 2, NULL, 10);
	o->minor = (uint32_t)strtoul(colon + 1, NULL, 10);
	return true;
}

bool owner_parse(const char *text, size_t len, struct owner *ret)
{
	char copy[OWNER_MAX] = {0}, again[OWNER_MAX];
	struct owner o = {0};
	char *colon, *bits, *device;

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	colon = strchr(copy, ':');
	if (!colon)
		return false;
	o.uid = (uint32_t)strtoul(copy, NULL, 10);
	o.gid = (uint32_t)strtoul(colon + 1, NULL, 10);
	bits = strchr(colon + 1, ':');
	o.has_bits = bits;
	if (bits)
		o.bits = (uint32_t)strtoul(bits + 1, NULL, 8);
	device = bits ? strchr(bits + 1, ':') : NULL;
	if (device && !parse_device(device, &o))
		return false;
	if (o.uid == OWNER_SAME || o.gid == OWNER_SAME || o.bits & ~(uint32_t)(S_ISUID | S_ISGID) ||
	    owner_format(&o, again) != len || memcmp(again, text, len) != 0)
		return false;
	*ret = o;
	return true;
}

bool owner_from_time(const struct timespec *atime, struct owner *ret)
{
	int64_t uid = (int64_t)atime->tv_sec - OWNER_TIME;

	if (uid < 0 || uid >= (int64_t)OWNER_SAME)
		return false;
	*ret = (struct owner){.uid = (uint32_t)uid, .gid = (uint32_t)atime->tv_nsec};
	return true;
}

bool owner_to_time(const struct owner *o, struct timespec *ret)
{
	if (o->gid >= 1000000000)
		return false;
	*ret = (struct timespec){.tv_sec = (time_t)(OWNER_TIME + o->uid), .tv_nsec = (long)o->gid};
	return true;
}
