/*
 * box_create.c - making a box.
 *
 * The order on disk, so that being killed in between leaves nothing behind:
 *	tmp/<id> with its lock, held	no name yet: swept like all of tmp/
 *	names/<name>, and projects/<key> or trials/<key>
 *					refer to an id whose lock is free: dropped by the next
 *					command that wants the entry (sweep_box), or by a sweep
 *	the record; boxes/<id>		the box exists, with everything that leads to it
 * For a persistent box each is on disk before the next, so that a power cut does no more harm than
 * a kill. A throw-away box in memory stays in tmp/<id> until it has started (box_publish): nobody
 * waits for its record. A creator that is killed before leaves a box that ends by itself, because
 * no session comes.
 */
#include "box/box_create.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/copy.h"
#include "base/file.h"
#include "base/log.h"
#include "base/new_file.h"
#include "base/path.h"
#include "box/folder.h"
#include "box/record.h"
#include "box/service_tie.h"
#include "box/sweep.h"
#include "config/settings.h"

int box_index_take(const struct store *s, const char *index, const char *key, const char *id,
		   struct err *e)
{
	char owner[BOX_ID_LEN + 1];
	int r = store_index_set(s, index, key, id, e);

	if (r != -EEXIST)
		return r;
	if (store_lookup(s, index, key, owner) == 0) {
		if (!sweep_box(s, owner))
			return r;
		store_index_clear(s, index, key, owner);
	}
	return store_index_set(s, index, key, id, e);
}

/* Reserves for b the name, or the first free one of name-2, name-3 ... */
static int reserve_name(const struct store *s, const char *name, bool exact, struct box *b,
			struct err *e)
{
	for (int i = 1; i < 1000; i++) {
		cleanup_free char *candidate = i == 1 ? xstrdup(name)
						      : xasprintf("%.58s-%d", name, i);
		int r = box_index_take(s, STORE_NAMES, candidate, b->id, e);

		if (r == 0) {
			b->name = take_ptr(candidate);
			if (i > 1)
				log_note("the name '%s' is taken by another directory: this box is "
					 "'%s'",
					 name, b->name);
			return 0;
		}
		if (r != -EEXIST)
			return r;
		if (exact)
			return err_set(e, EEXIST,
				       "a box named '%s' exists already: choose another "
				       "--name, or 'sandbox rm %s' first",
				       name, name);
	}
	return err_set(e, EEXIST, "too many boxes are named '%s': set another name", name);
}

int box_make_folders(int dirfd, struct err *e)
{
	static const char *const dirs[] = {"upper", "work", "home"};
	int made = 0;

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		if (mkdirat(dirfd, dirs[i], i == 0 ? 0755 : 0700) == 0)
			made++;
		else if (errno != EEXIST)
			return err_sys(e, errno, "cannot make '%s' of the box", dirs[i]);
	}
	return made;
}

static int make_skeleton(const struct store *s, const char *tmp, const struct box *b, int *dir,
			 int *ret_lifetime, struct err *e)
{
	if (mkdirat(s->data_fd, tmp, 0700) < 0)
		return err_sys(e, errno, "cannot make '%s/%s'", s->data, tmp);
	*dir = openat(s->data_fd, tmp, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*dir < 0)
		return err_sys(e, errno, "cannot open '%s/%s'", s->data, tmp);
	if (!b->in_memory && box_make_folders(*dir, e) < 0)
		return -e->code;
	if (b->temporary && !b->in_memory && mkdirat(*dir, RECORD_TEMPORARY, 0700) < 0)
		return err_sys(e, errno, "cannot make '%s/%s/" RECORD_TEMPORARY "'", s->data, tmp);
	return box_make_lifetime(*dir, ret_lifetime, e);
}

/*
 * Drops the entry for a directory that its box has left, if whoever moved the box was killed
 * before that.
 */
static bool drop_left(const struct store *s, const char *index, const char *key, const char *dir)
{
	cleanup_box struct box b = BOX_INIT;
	char owner[BOX_ID_LEN + 1];
	struct err ignored;

	if (store_lookup(s, index, key, owner) < 0 || box_load(s, owner, &b, &ignored) < 0 ||
	    (b.project && streq(b.project, dir)))
		return false;
	store_index_clear(s, index, key, owner);
	return true;
}

int box_index_project(const struct store *s, const struct box *b, struct err *e)
{
	const char *index = b->trial ? STORE_TRIALS : STORE_PROJECTS;
	cleanup_free char *by_id = b->folder ? folder_key(b->folder) : NULL;
	char owner[BOX_ID_LEN + 1];
	struct err ignored;
	int r = 0;

	if (b->project) {
		struct store_key key = store_key(b->project);

		r = box_index_take(s, index, key.hex, b->id, e);
		if (r == -EEXIST && store_lookup(s, index, key.hex, owner) == 0 &&
		    streq(owner, b->id))
			r = 0;
		if (r == -EEXIST && drop_left(s, index, key.hex, b->project))
			r = box_index_take(s, index, key.hex, b->id, e);
	}
	/* One directory may have two boxes by two paths; the first is found when it moves. */
	if (by_id)
		box_index_take(s, index, by_id, b->id, &ignored);
	return r;
}

static int publish(const struct store *s, struct box *b, const char *tmp, struct err *e)
{
	cleanup_free char *final = path_join("boxes", b->id);

	if (renameat(s->data_fd, tmp, s->data_fd, final) < 0)
		return err_sys(e, errno, "cannot make '%s/%s'", s->data, final);
	b->dir_fd = openat(s->data_fd, final, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (b->dir_fd < 0)
		return err_sys(e, errno, "cannot open '%s/%s'", s->data, final);
	return b->temporary ? 0 : sync_dir(s->data_fd, "boxes", e);
}

/* Index entries of a persistent box. A throw-away box has at most a name, which goes with it. */
static int index_box(const struct store *s, const char *name, bool exact,
		     const struct box_origin *from, struct box *b, struct err *e)
{
	int r = 0;

	if (name)
		r = reserve_name(s, name, exact, b, e);
	else
		b->name = xstrdup(b->id);
	if (r < 0 || b->temporary)
		return r;
	if (from->service)
		r = box_index_take(s, STORE_PROJECTS,
				   service_tie_key(from->service->mark, from->service->name).hex,
				   b->id, e);
	else
		r = box_index_project(s, b, e);
	if (r == 0)
		r = sync_dir(s->data_fd, STORE_NAMES, e);
	return r < 0 ? r : sync_dir(s->data_fd, b->trial ? STORE_TRIALS : STORE_PROJECTS, e);
}

static bool is_git_data(const char *name)
{
	return streq(name, ".git");
}

/* Adds the user's dotfiles. Nobody has used it yet. */
static int fill_home(const struct store *s, int dir, int dotfiles, struct err *e)
{
	cleanup_close int home = openat(dir, "home", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (home < 0)
		return err_sys(e, errno, "cannot open the home of the new box");
	r = copy_public_tree(dotfiles, home, is_git_data, e);
	return r < 0 ? r : sync_fs(s->data_fd, s->data, e);
}

/* b has its id, project, image and kind. Returns with the lifetime lock held. */
static int create_on_disk(const struct store *s, struct box *b, const char *name, bool exact,
			  const struct box_origin *from, int dotfiles, int *ret_lifetime,
			  struct err *e)
{
	cleanup_free char *tmp = path_join("tmp", b->id);
	cleanup_close int dir = -1, lifetime = -1;
	int r = make_skeleton(s, tmp, b, &dir, &lifetime, e);

	if (r == 0)
		r = index_box(s, name, exact, from, b, e);
	if (r == 0 && dotfiles >= 0)
		r = fill_home(s, dir, dotfiles, e);
	if (r == 0 && *from->recipe)
		r = file_write_atomic(dir, "recipe", from->recipe, strlen(from->recipe), 0600, e);
	if (r == 0 && from->service)
		r = service_tie_write(from->service, dir, e);
	if (r == 0)
		r = record_write(b, dir, e);
	if (r == 0)
		r = publish(s, b, tmp, e);
	if (r < 0) {
		struct err ignored;

		box_remove(s, b, &ignored);
		file_remove_tree(s->data_fd, tmp, &ignored);
		return r;
	}
	*ret_lifetime = take_fd(&lifetime);
	return 0;
}

static int create_in_memory(const struct store *s, struct box *b, const char *name,
			    int *ret_lifetime, struct err *e)
{
	cleanup_free char *tmp = path_join("tmp", b->id);
	cleanup_close int lifetime = -1;
	int r = make_skeleton(s, tmp, b, &b->dir_fd, &lifetime, e);

	if (r == 0 && name)
		r = reserve_name(s, name, true, b, e);
	else if (r == 0)
		b->name = xstrdup(b->id);
	if (r < 0) {
		struct err ignored;

		box_remove(s, b, &ignored);
		return r;
	}
	*ret_lifetime = take_fd(&lifetime);
	return 0;
}

int box_publish(const struct store *s, const struct box *b, struct err *e)
{
	cleanup_free char *tmp = path_join("tmp", b->id), *final = path_join("boxes", b->id);
	int r = record_write(b, b->dir_fd, e);

	if (r == 0 && renameat(s->data_fd, tmp, s->data_fd, final) < 0)
		r = err_sys(e, errno, "cannot make '%s/%s'", s->data, final);
	return r;
}

int box_check_name(const char *name, struct err *e)
{
	if (name && !box_name_valid(name))
		return err_set(e, ERR_USAGE,
			       "'%s' cannot be a box's name: letters, digits, '_', '.' "
			       "and '-', at most 63",
			       name);
	return 0;
}

bool box_adopt(const struct store *s, const char *name, const char *dir, bool trial,
	       struct box *ret)
{
	cleanup_box struct box b = BOX_INIT;
	struct err ignored;

	if (box_find_named(s, name, false, &b, &ignored) < 0 || !b.project ||
	    !streq(b.project, dir) || b.temporary || b.trial != trial ||
	    box_index_project(s, &b, &ignored) < 0)
		return false;
	*ret = b;
	b = (struct box)BOX_INIT;
	return true;
}

int box_create(const struct store *s, const char *name, const struct box_origin *from, int dotfiles,
	       struct box *ret, struct err *e)
{
	cleanup_box struct box b = BOX_INIT;
	cleanup_close int lifetime = -1;
	int r;

	store_new_id(b.id);
	b.trial = from->trial;
	b.project = xstrdup(from->project);
	b.folder = from->project ? folder_id(from->project) : NULL;
	b.service = xstrdup(from->service ? from->service->name : NULL);
	b.service_of = xstrdup(from->service ? from->service->project : NULL);
	b.image = xstrdup(from->image);
	b.digest = *from->digest;
	for (size_t i = 0; i < from->prepared->n; i++)
		strv_push(&b.prepared, from->prepared->v[i]);
	b.created = time(NULL);
	r = create_on_disk(s, &b, name, false, from, dotfiles, &lifetime, e);
	if (r < 0)
		return r;
	*ret = b;
	b = (struct box)BOX_INIT;
	return 0;
}

int box_create_temporary(const struct store *s, const char *name, const char *image,
			 const struct digest *digest, bool in_memory, struct box *ret,
			 int *ret_lifetime, struct err *e)
{
	const struct box_origin from = {.recipe = ""};
	cleanup_box struct box b = BOX_INIT;
	int r;

	store_new_id(b.id);
	b.temporary = true;
	b.in_memory = in_memory;
	b.image = xstrdup(image);
	b.digest = *digest;
	b.created = time(NULL);
	r = in_memory ? create_in_memory(s, &b, name, ret_lifetime, e)
		      : create_on_disk(s, &b, name, true, &from, -1, ret_lifetime, e);
	if (r < 0)
		return r;
	*ret = b;
	b = (struct box)BOX_INIT;
	return 0;
}
