/*
 * folder.c - the identity of a project's directory, and the name of its box.
 */
#include "box/folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/mem.h"
#include "base/path.h"
#include "config/settings.h"

/*
 * f_fsid instead of st_dev: the device number of btrfs, and of volumes that come up in another
 * order, changes at reboot.
 */
static char *make_id(const char *dir, bool birthless)
{
	struct statx st;
	struct statfs fs;
	unsigned int fsid[2];

	if (statx(AT_FDCWD, dir, AT_STATX_SYNC_AS_STAT, STATX_INO | STATX_BTIME, &st) < 0 ||
	    !(birthless || (st.stx_mask & STATX_BTIME)) || statfs(dir, &fs) < 0)
		return NULL;
	memcpy(fsid, &fs.f_fsid, sizeof(fsid));
	if (!(st.stx_mask & STATX_BTIME))
		return xasprintf("%08x%08x-%llx", fsid[0], fsid[1], (unsigned long long)st.stx_ino);
	return xasprintf("%08x%08x-%llx-%llx.%x", fsid[0], fsid[1], (unsigned long long)st.stx_ino,
			 (unsigned long long)st.stx_btime.tv_sec, st.stx_btime.tv_nsec);
}

char *folder_id(const char *dir)
{
	return make_id(dir, false);
}

char *folder_mark(const char *dir)
{
	return make_id(dir, true);
}

bool folder_born_after(const char *dir, long long seconds)
{
	struct statx st;

	return statx(AT_FDCWD, dir, AT_STATX_SYNC_AS_STAT, STATX_BTIME, &st) == 0 &&
	       (st.stx_mask & STATX_BTIME) && st.stx_btime.tv_sec > seconds;
}

bool folder_id_valid(const char *id)
{
	return *id && strlen(id) <= 128 && strspn(id, "0123456789abcdef-.") == strlen(id);
}

char *folder_key(const char *id)
{
	return xasprintf("id-%s", id);
}

char *folder_box_name(const char *dir)
{
	char *name = xstrdup(path_basename(dir));
	size_t n = 0;

	for (const char *c = name; *c && n < 63; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			     (*c >= '0' && *c <= '9');

		if (plain || (n && strchr("_.-", *c)))
			name[n++] = *c;
		else if (n && name[n - 1] != '-')
			name[n++] = '-';
	}
	name[n] = '\0';
	if (!box_name_valid(name)) {
		free(name);
		return xstrdup("box");
	}
	return name;
}
