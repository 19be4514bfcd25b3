/*
 * moved.c - boxes whose project or name has changed.
 *
 * The order on disk, so that it can be repeated after a kill:
 *	the index has the new entry	whose box's record has the old value: still found by that
 *	the journal of its network
 *	the record
 *	the old entry is removed
 */
#include "box/moved.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/new_file.h"
#include "box/box_create.h"
#include "box/folder.h"
#include "box/kept.h"
#include "box/overlays.h"
#include "box/record.h"

bool box_folder_replaced(const struct box *b)
{
	cleanup_free char *now = b->project && b->folder ? folder_id(b->project) : NULL;

	return now && !streq(now, b->folder);
}

int box_follow(const struct store *s, struct box *b, struct err *e)
{
	cleanup_free char *id = b->project ? folder_id(b->project) : NULL, *old_id = NULL;
	bool new_id = id && (!b->folder || !streq(id, b->folder));
	int r = 0;

	/*
	 * Another directory is at its path: it does not become the box's before somebody has agreed
	 * (reach.h).
	 */
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
	if (r == 0 && b->moved_from)
		box_move_journal(s, b->moved_from, b->project);
	if (r == 0)
		r = record_write(b, b->dir_fd, e);
	if (r == 0 && new_id && b->moved_from)
		r = kept_give(b, e);
	if (r < 0)
		return err_add(e, "cannot record where the project of box '%s' is", b->name);
	box_forget_folder(s, b, b->moved_from, old_id);
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
	/* Already its own, if a rename was interrupted. */
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
