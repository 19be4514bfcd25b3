/*
 * unpack_meta.c - what an entry says that its file cannot hold: to the sidecar.
 *
 * Promises that marks of overlayfs, and our own, never come from an image, and that a line stays short enough to
 * be read again.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/cleanup.h"
#include "base/owner.h"
#include "image/layer/unpack.h"

#define XATTR_NAME_BYTES_MAX  255	   /* XATTR_NAME_MAX of xattr(7) */
#define XATTR_VALUE_BYTES_MAX 65536	   /* XATTR_SIZE_MAX */
#define XATTR_BYTES_MAX	      (256u << 10) /* of one entry; thrice that when all is escaped */

int unpack_begin_meta(struct archive_entry *entry, char type, struct meta_entry *m, struct err *e)
{
	la_int64_t uid = archive_entry_uid(entry), gid = archive_entry_gid(entry);

	if (uid < 0 || gid < 0 || uid >= UINT32_MAX || gid >= UINT32_MAX)
		return err_set(e, EBADMSG, "its owner %lld:%lld is out of range", (long long)uid,
			       (long long)gid);
	*m = (struct meta_entry){.mode = archive_entry_mode(entry) & 07777,
				 .uid = (uint32_t)uid,
				 .gid = (uint32_t)gid,
				 .type = type};
	return 0;
}

int unpack_write_meta(struct unpack *u, const char *name, struct meta_entry *m, struct err *e)
{
	m->path = *name ? unpack_real_path(u, name) : xstrdup("");
	if (!m->path)
		return err_set(e, EIO, "cannot tell where it is: is /proc mounted?");
	meta_write(u->meta, m);
	return 0;
}

int unpack_end_meta(struct unpack *u, const char *name, struct meta_entry *m, mode_t applied,
		    struct err *e)
{
	if (u->rewritten || m->uid || m->gid || m->mode != applied || strchr("bc", m->type) ||
	    m->xattr_names.n)
		return unpack_write_meta(u, name, m, e);
	return 0;
}

/* Root of a box is to see it; the sidecar has it for all else. */
static void note_owner(int fd, const struct meta_entry *m)
{
	uint32_t bits = m->type == 'f' ? m->mode & (S_ISUID | S_ISGID) : 0;
	const struct owner owner = {.uid = m->uid, .gid = m->gid, .has_bits = bits, .bits = bits};
	char text[OWNER_MAX];

	if (owner.uid || owner.gid || bits)
		fsetxattr(fd, OWNER_XATTR, text, owner_format(&owner, text), 0);
	else
		fremovexattr(fd, OWNER_XATTR);
}

int unpack_take_xattrs(struct archive_entry *entry, int fd, struct meta_entry *m, struct err *e)
{
	size_t len, all = 0;
	const char *name;
	const void *value;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &len) == ARCHIVE_OK) {
		if (!name || streq(name, OWNER_XATTR) || starts_with(name, "user.overlay.") ||
		    starts_with(name, "trusted.overlay."))
			continue;
		all += strlen(name) + len;
		if (strlen(name) > XATTR_NAME_BYTES_MAX || len > XATTR_VALUE_BYTES_MAX ||
		    all > XATTR_BYTES_MAX)
			return err_set(e, EBADMSG, "its extended attributes are too long");
		if (fd < 0 || !starts_with(name, "user.") || fsetxattr(fd, name, value, len, 0) < 0)
			meta_entry_add_xattr(m, name, value, len);
	}
	if (fd >= 0)
		note_owner(fd, m);
	return 0;
}
