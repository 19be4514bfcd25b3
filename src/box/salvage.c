/*
 * salvage.c - what the indexes still know about a box whose record is damaged.
 *
 * Promises that a home that can be saved is: nothing is removed here. Consent is not taken over,
 * because it is no longer known to which directory it was given.
 */
#include "box/salvage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/path.h"
#include "box/box_create.h"
#include "box/folder.h"
#include "config/settings.h"

/* 1: key refers to a box whose record is damaged. */
static int leads_to(const struct store *s, const char *key, char id[BOX_ID_LEN + 1])
{
	cleanup_box struct box b = BOX_INIT;
	struct err ignored;

	return store_lookup(s, STORE_PROJECTS, key, id) == 0 &&
	       box_load(s, id, &b, &ignored) == -EUCLEAN;
}

static bool find_id(const struct store *s, const char *dir, char id[BOX_ID_LEN + 1])
{
	cleanup_free char *folder = folder_id(dir), *by_folder = NULL;

	if (leads_to(s, store_key(dir).hex, id))
		return true;
	by_folder = folder ? folder_key(folder) : NULL;
	return by_folder && leads_to(s, by_folder, id);
}

int salvage_find(const struct store *s, const char *dir, struct box *ret, struct err *e)
{
	char id[BOX_ID_LEN + 1];

	if (!find_id(s, dir, id))
		return err_set(e, ENOENT, "directory '%s' has no box that is damaged", dir);
	return box_load_damaged(s, id, ret, e);
}

/* The id of the box that word names; false if word is a directory or nothing. */
static bool named_id(const struct store *s, const char *word, char id[BOX_ID_LEN + 1])
{
	if (!word || strchr(word, '/') || !box_name_valid(word))
		return false;
	if (store_lookup(s, STORE_NAMES, word, id) == 0)
		return true;
	if (!store_valid_id(word))
		return false;
	memcpy(id, word, BOX_ID_LEN + 1);
	return true;
}

int salvage_find_project(const struct store *s, const char *word, char **ret, struct err *e)
{
	char wanted[BOX_ID_LEN + 1], id[BOX_ID_LEN + 1];
	bool named = named_id(s, word, wanted);
	cleanup_free char *dir = word && !named ? realpath(word, NULL) : getcwd(NULL, 0);
	cleanup_box struct box b = BOX_INIT;

	while (dir) {
		char *slash = strrchr(dir, '/');

		if (find_id(s, dir, id) && (!named || streq(id, wanted))) {
			*ret = take_ptr(dir);
			return 0;
		}
		if (streq(dir, "/"))
			break;
		slash[slash == dir] = '\0';
	}
	/* Keep the message of the earlier lookup, if there is one. */
	return named ? box_load(s, wanted, &b, e) : -e->code;
}

char *salvage_name(const struct store *s, const char *id)
{
	cleanup_strv struct strv names = {0};
	char owner[BOX_ID_LEN + 1];
	struct err ignored;

	dir_names(s->data_fd, STORE_NAMES, &names, &ignored);
	for (size_t i = 0; i < names.n; i++)
		if (store_lookup(s, STORE_NAMES, names.v[i], owner) == 0 && streq(owner, id))
			return xstrdup(names.v[i]);
	return xstrdup(id);
}

int salvage_box(const struct store *s, struct box *b, const char *dir, struct err *e)
{
	cleanup_free char *path = path_join("boxes", b->id);
	cleanup_close int box = openat(s->data_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (box < 0)
		return err_sys(e, errno, "cannot open '%s/%s'", s->data, path);
	if (unlinkat(box, "reach", 0) < 0 && errno != ENOENT)
		return err_sys(e, errno, "cannot remove '%s/%s/reach'", s->data, path);
	if (file_remove_tree(box, "record", e) < 0 || box_make_folders(box, e) < 0)
		return -e->code;
	free(b->name);
	b->name = salvage_name(s, b->id);
	free(b->project);
	b->project = xstrdup(dir);
	free(b->folder);
	b->folder = folder_id(dir);
	b->created = time(NULL);
	b->damaged = false;
	return 0;
}
