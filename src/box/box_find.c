/*
 * box_find.c - from a word of the command line to a box.
 */
#include "box/box.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/settings.h"

static int find_in(const struct store *s, const char *index, const char *dir, struct box *ret,
		   struct err *e)
{
	for (int slot = 1; slot <= STORE_PROJECT_SLOTS; slot++) {
		cleanup_free char *key = store_project_key(dir, slot);
		cleanup_box struct box b = BOX_INIT;
		char id[BOX_ID_LEN + 1];
		int r;

		if (store_lookup(s, index, key, id) < 0)
			continue;
		r = box_load(s, id, &b, e);
		if (r < 0 && r != -ENOENT)
			return r;
		if (r < 0 || !b.project || !streq(b.project, dir))
			continue;
		*ret = b;
		b = (struct box)BOX_INIT;
		return 0;
	}
	return err_set(e, ENOENT, "folder '%s' has no %s yet: 'sandbox %s' makes it", dir,
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

static int no_such_box(const struct store *s, const char *arg, struct err *e)
{
	cleanup_closedir DIR *d = NULL;
	cleanup_strv struct strv names = {0};
	const char *near = NULL;
	struct dirent *de;
	int fd = openat(s->data_fd, STORE_NAMES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* The name itself may be there, of a box that is being made or has crashed. */
	if (fd >= 0 && (d = fdopendir(fd)))
		while ((de = readdir(d)))
			if (de->d_name[0] != '.' && !streq(de->d_name, arg))
				strv_push(&names, de->d_name);
	if (names.n)
		near = nearest_word(arg, (const char *const *)names.v);
	if (near)
		return err_set(e, ENOENT, "there is no box named '%s', did you mean '%s'?", arg,
			       near);
	return err_set(e, ENOENT,
		       "there is no box named '%s': a folder is written with a slash "
		       "('./%s'), 'sandbox ls' lists the boxes",
		       arg, arg);
}

typedef int load_fn(const struct store *s, const char *id, struct box *ret, struct err *e);

static int find(const struct store *s, const char *arg, load_fn *load, struct box *ret,
		struct err *e)
{
	char id[BOX_ID_LEN + 1];
	int r = -ENOENT;

	if (strchr(arg, '/') || streq(arg, ".") || streq(arg, "..")) {
		cleanup_free char *dir = realpath(arg, NULL);

		if (!dir)
			return err_sys(e, errno, "cannot find folder '%s'", arg);
		return box_find_project(s, dir, ret, e);
	}
	if (box_name_valid(arg) && store_lookup(s, STORE_NAMES, arg, id) == 0)
		r = load(s, id, ret, e);
	else if (store_valid_id(arg))
		r = load(s, arg, ret, e);
	return r == -ENOENT ? no_such_box(s, arg, e) : r;
}

int box_find(const struct store *s, const char *arg, struct box *ret, struct err *e)
{
	return find(s, arg, box_load, ret, e);
}

int box_find_damaged(const struct store *s, const char *arg, struct box *ret, struct err *e)
{
	return find(s, arg, box_load_damaged, ret, e);
}
