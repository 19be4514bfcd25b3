/*
 * owner_mark.c - writes the extended attribute of an owner.
 *
 * A file system without extended attributes is no error: then root of a box sees itself as the
 * owner.
 */
#include "image/layer/owner_mark.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/owner.h"

int owner_mark(int fd, const struct meta_entry *m, struct err *e)
{
	uint32_t bits = m->type == 'f' ? m->mode & (S_ISUID | S_ISGID) : 0;
	const struct owner owner = {.uid = m->uid, .gid = m->gid, .has_bits = bits, .bits = bits};
	char text[OWNER_MAX];

	if (!owner.uid && !owner.gid && !bits)
		fremovexattr(fd, OWNER_XATTR);
	else if (fsetxattr(fd, OWNER_XATTR, text, owner_format(&owner, text), 0) < 0 &&
		 errno != EOPNOTSUPP)
		return err_sys(e, errno, "cannot record the owner of '/%s'", m->path);
	return 0;
}

struct timespec owner_mark_time(const struct meta_entry *m)
{
	const struct owner owner = {.uid = m->uid, .gid = m->gid};
	struct timespec mark;

	if ((m->uid || m->gid) && owner_to_time(&owner, &mark))
		return mark;
	return (struct timespec){.tv_nsec = UTIME_OMIT};
}
