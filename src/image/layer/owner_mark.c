/*
 * owner_mark.c - writes the extended attribute of an owner.
 *
 * A file system without extended attributes is no error: then root of a box sees itself as the
 * owner.
 */
#include "image/layer/owner_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/owner.h"

int owner_mark(int fd, const struct meta_entry *m, struct err *e)
{
	uint32_t bits = m->type == 'f' ? m->mode & (S_ISUID | S_ISGID) : 0;
	struct owner owner = {.uid = m->uid, .gid = m->gid, .has_bits = bits, .bits = bits};
	char text[OWNER_MAX];

	if (m->type == 'c' || m->type == 'b') {
		owner.device = m->type;
		owner.major = m->major;
		owner.minor = m->minor;
	}
	if (!owner.uid && !owner.gid && !bits && !owner.device)
		fremovexattr(fd, OWNER_XATTR);
	else if (fsetxattr(fd, OWNER_XATTR, text, owner_format(&owner, text), 0) < 0 &&
		 errno != EOPNOTSUPP)
		return err_sys(e, errno, "cannot record its owner");
	return 0;
}

int owner_mark_node(int dir, const char *name, const struct meta_entry *m, mode_t *ret_mode,
		    struct err *e)
{
	mode_t mode = (m->mode & 0777) | 0400;
	cleanup_close int fd = -1;

	if (mknodat(dir, name, (m->type == 'p' ? S_IFIFO : S_IFREG) | 0600, 0) < 0)
		return err_sys(e, errno, "cannot make '%s'", name);
	if (m->type != 'p')
		fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && owner_mark(fd, m, e) < 0)
		return err_add(e, "'%s'", name);
	if (fchmodat(dir, name, mode, 0) < 0)
		return err_sys(e, errno, "cannot set the mode of '%s'", name);
	*ret_mode = mode;
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
