/*
 * moved.c - boxes whose project or name has changed.
 *
 * The order on disk, so that whoever is killed in between can do it again:
 *	the index has the new entry	it means a box whose record has the old value: still found by that
 *	the record
 *	the old entry goes
 */
#include "box/moved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/new_file.h"
#include "base/path.h"
#include "box/box_create.h"
#include "box/kept.h"
#include "box/overlays.h"
#include "box/record.h"

/*
 * f_fsid in place of st_dev: of btrfs and of volumes that come up in another order the device number is
 * another one after a restart.
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

bool box_folder_replaced(const struct box *b)
{
	cleanup_free char *now = b->project && b->folder ? folder_id(b->project) : NULL;

	return now && !streq(now, b->folder);
}

bool folder_id_valid(const char *id)
{
	return *id && strlen(id) <= 128 && strspn(id, "0123456789abcdef-.") == strlen(id);
}

char *folder_key(const char *id)
{
	return xasprintf("id-%s", id);
}

static bool is_gone(const char *dir)
{
	return access(dir, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

bool box_project_gone(const struct box *b)
{
	return b->project && is_gone(b->project);
}

bool box_has_moved(struct box *b, const char *dir)
{
	cleanup_free char *id = NULL, *there = NULL;

	if (!b->folder || !b->project || streq(b->project, dir))
		return false;
	id = folder_id(dir);
	if (!id || !streq(id, b->folder))
		return false;
	/* Still there, it is the same directory mounted twice; what cannot be looked at may be it. */
	there = folder_id(b->project);
	if (there ? streq(there, id) : !is_gone(b->project))
		return false;
	free(b->moved_from);
	b->moved_from = b->project;
	b->project = xstrdup(dir);
	return true;
}

static const char *index_of(const struct box *b)
{
	return b->trial ? STORE_TRIALS : STORE_PROJECTS;
}

static void forget(const struct store *s, const struct box *b, const char *dir, const char *id)
{
	cleanup_free char *key = id ? folder_key(id) : NULL;

	if (key)
		store_index_clear(s, index_of(b), key, b->id);
	for (int slot = 1; dir && slot <= STORE_PROJECT_SLOTS; slot++) {
		cleanup_free char *path = store_project_key(dir, slot);

		store_index_clear(s, index_of(b), path, b->id);
	}
}

void box_forget_project(const struct store *s, const struct box *b)
{
	forget(s, b, b->project, b->folder);
	forget(s, b, b->moved_from, NULL);
}

int box_follow(const struct store *s, struct box *b, struct err *e)
{
	cleanup_free char *id = b->project ? folder_id(b->project) : NULL, *old_id = NULL;
	bool new_id = id && (!b->folder || !streq(id, b->folder));
	int r = 0;

	/* Another directory is at its path: it is not its own before somebody has agreed (reach.h). */
	b->followed = !new_id || b->moved_from || kept_is_of(b, id);
	if (!b->followed || (!new_id && !b->moved_from))
		return 0;
	if (new_id) {
		old_id = b->folder;
		b->folder = take_ptr(id);
	}
	if (b->moved_from)
		r = overlays_move(s, b, b->moved_from, b->project, e);
	if (r == 0)
		r = box_index_project(s, b, e);
	if (r == 0)
		r = record_write(b, b->dir_fd, e);
	if (r == 0 && new_id && b->moved_from)
		r = kept_give(b, e);
	if (r < 0)
		return err_add(e, "cannot record where the project of box '%s' is", b->name);
	forget(s, b, b->moved_from, old_id);
	if (b->moved_from)
		log_note("the project has moved from '%s': box '%s' goes with it", b->moved_from,
			 b->name);
	free(b->moved_from);
	b->moved_from = NULL;
	return 0;
}

int box_follow_at_rest(const struct store *s, struct box *b, struct err *e)
{
	int r;

	if (!b->moved_from || box_is_running(b))
		return 0;
	r = box_lock(s, b, e);
	if (r == 0 && !box_is_running(b))
		r = box_follow(s, b, e);
	box_unlock(b);
	return r;
}

int box_rename(const struct store *s, struct box *b, const char *name, struct err *e)
{
	cleanup_free char *old = b->name;
	char owner[BOX_ID_LEN + 1];
	int r = box_index_take(s, STORE_NAMES, name, b->id, e);

	b->name = xstrdup(old);
	/* Its own already, when a rename was cut off. */
	if (r == -EEXIST && store_lookup(s, STORE_NAMES, name, owner) == 0 && streq(owner, b->id))
		r = 0;
	if (r == -EEXIST)
		return err_set(e, EEXIST, "a box named '%s' exists already", name);
	if (r < 0 || streq(name, old))
		return r;
	free(b->name);
	b->name = xstrdup(name);
	r = record_write(b, b->dir_fd, e);
	if (r < 0) {
		store_index_clear(s, STORE_NAMES, name, b->id);
		return r;
	}
	store_index_clear(s, STORE_NAMES, old, b->id);
	return sync_dir(s->data_fd, STORE_NAMES, e);
}
