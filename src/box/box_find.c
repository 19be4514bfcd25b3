/*
 * box_find.c - the indexes: from a name, an id or a project's directory to a box.
 */
#include "box/box.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "box/folder.h"
#include "config/settings.h"

/* 1: the index entry refers to a box that knows dir, by its path or as moved; 0; or an error. */
static int means(const struct store *s, const char *index, const char *key, const char *dir,
		 struct box *ret, struct err *e)
{
	cleanup_box struct box b = BOX_INIT;
	char id[BOX_ID_LEN + 1];
	int r;

	r = store_lookup(s, index, key, id);
	if (r < 0)
		return r == -ENOENT ? 0
				    : err_sys(e, -r, "cannot read '%s/%s/%s'", s->data, index, key);
	r = box_load(s, id, &b, e);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (!b.project || (!streq(b.project, dir) && !box_has_moved(&b, dir)))
		return 0;
	*ret = b;
	b = (struct box)BOX_INIT;
	return 1;
}

static int find_in(const struct store *s, const char *index, const char *dir, struct box *ret,
		   struct err *e)
{
	cleanup_free char *id = NULL, *by_id = NULL;
	int r = means(s, index, store_key(dir).hex, dir, ret, e);

	if (r == 0 && (id = folder_id(dir))) {
		by_id = folder_key(id);
		r = means(s, index, by_id, dir, ret, e);
	}
	if (r != 0)
		return r < 0 ? r : 0;
	return err_set(e, ENOENT, "directory '%s' has no %s yet: 'sandbox %s' makes it", dir,
		       streq(index, STORE_TRIALS) ? "trial" : "box",
		       streq(index, STORE_TRIALS) ? "try" : "enter");
}

int box_find_project(const struct store *s, const char *dir, struct box *ret, struct err *e)
{
	return find_in(s, STORE_PROJECTS, dir, ret, e);
}

int box_find_trial(const struct store *s, const char *dir, struct box *ret, struct err *e)
{
	return find_in(s, STORE_TRIALS, dir, ret, e);
}

int box_find_named(const struct store *s, const char *name, bool damaged, struct box *ret,
		   struct err *e)
{
	char id[BOX_ID_LEN + 1];
	int r = box_name_valid(name) ? store_lookup(s, STORE_NAMES, name, id) : -ENOENT;

	if (r < 0 && r != -ENOENT)
		return err_sys(e, -r, "cannot read '%s/" STORE_NAMES "/%s'", s->data, name);
	if (r == 0)
		r = damaged ? box_load_damaged(s, id, ret, e) : box_load(s, id, ret, e);
	else if (store_valid_id(name))
		r = damaged ? box_load_damaged(s, name, ret, e) : box_load(s, name, ret, e);
	return r == -ENOENT ? err_set(e, ENOENT, "there is no box named '%s'", name) : r;
}
