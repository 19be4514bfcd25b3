/*
 * owner_mark.c - writes the extended attributes of an owner, and of capabilities.
 *
 * A file system without extended attributes is no error: then root of a box sees itself as the
 * owner, and no capabilities.
 */
#include "image/layer/owner_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/cleanup.h"
#include "base/owner.h"
#include "base/path.h"

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

static bool find_capability(const struct meta_entry *m, struct capability *ret)
{
	for (size_t i = 0; m->type == 'f' && i < m->xattr_names.n; i++)
		if (streq(m->xattr_names.v[i], CAPABILITY_XATTR))
			return capability_take(m->xattr_values[i].data, m->xattr_values[i].len,
					       ret);
	return false;
}

int owner_mark_capability(int fd, const struct meta_entry *m, struct err *e)
{
	char text[CAPABILITY_MAX];
	struct capability c;
	struct stat st;

	if (!find_capability(m, &c))
		return 0;
	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "cannot look at it");
	c.mtime = st.st_mtim;
	if (fsetxattr(fd, CAPABILITY_MARK, text, capability_format(&c, text), 0) < 0 &&
	    errno != EOPNOTSUPP)
		return err_sys(e, errno, "cannot record its capabilities");
	return 0;
}

static void mark_entry(void *layer, const struct meta_entry *m)
{
	cleanup_close int fd = -1;
	struct err ignored;

	if (path_open_nolinks(*(int *)layer, m->path, O_RDONLY | O_NONBLOCK, 0, &fd, &ignored) ==
		    0 &&
	    fgetxattr(fd, CAPABILITY_MARK, NULL, 0) < 0 && errno == ENODATA)
		owner_mark_capability(fd, m, &ignored);
}

int owner_mark_layer(int layer, int meta_fd, struct err *e)
{
	return meta_each_with(meta_fd, "a sidecar", CAPABILITY_XATTR, mark_entry, &layer, e);
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
