/*
 * ini_file.c - reading an INI file.
 *
 * Refuses a file that is not regular, is too large, or belongs to another user.
 */
#include <errno.h>
#include <fcntl.h>
#include <sha256.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "config/ini.h"

int ini_read(const char *path, const char *name, bool any_owner, ini_verbatim_fn *verbatim,
	     struct ini *ret, struct err *e)
{
	cleanup_close int fd = file_open_read(AT_FDCWD, path, name, e);
	cleanup_buf struct buf text = BUF_INIT;
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "cannot open '%s'", name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "'%s' is not a regular file", name);
	if (!any_owner && st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(e, EPERM,
			       "'%s' belongs to uid %u, not to you: chown it if you trust it", name,
			       (unsigned int)st.st_uid);
	if (st.st_size > INI_MAX_BYTES)
		return err_set(e, EFBIG, "'%s' is larger than 1 MiB", name);
	r = file_read_fd(fd, name, INI_MAX_BYTES, &text, e);
	if (r < 0)
		return r;
	r = ini_parse_text(text.data, text.len, name, verbatim, ret, e);
	if (r < 0)
		return r;
	ret->dev = st.st_dev;
	ret->ino = st.st_ino;
	SHA256Data((const uint8_t *)text.data, text.len, ret->sha256);
	return 0;
}
