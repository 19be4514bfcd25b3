/*
 * target.c - from the PROJECT of a command line to a directory or a box.
 *
 * Promises that what cannot be checked is an error and never counts as missing: the next thing of
 * that name would be used instead.
 */
#include "box/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/log.h"
#include "base/path.h"
#include "base/quote.h"
#include "box/folder.h"
#include "box/kept.h"
#include "box/moved.h"
#include "box/service_box.h"
#include "config/settings.h"

void target_clear(struct target *t)
{
	free(t->dir);
	free(t->note);
	box_close(&t->box);
	box_close(&t->found);
	*t = (struct target)TARGET_INIT;
}

void target_say(const struct target *t)
{
	if (t->note)
		log_note("%s", t->note);
}

static bool is_path(const char *word)
{
	return strchr(word, '/') || streq(word, ".") || streq(word, "..");
}

/* 1: it has a box or a trial, *ret, or is bound by a former one; 0: neither; or an error. */
static int find_known(const struct store *s, const char *dir, struct box *ret, struct err *e)
{
	cleanup_strv struct strv bounds = {0};
	int r = box_find_project(s, dir, ret, e);

	if (r == -ENOENT)
		r = box_find_trial(s, dir, ret, e);
	if (r == -ENOENT)
		return kept_bounds_read(s, dir, &bounds, e);
	return r == 0 ? 1 : r;
}

static int is_known(const struct store *s, const char *dir, struct err *e)
{
	cleanup_box struct box b = BOX_INIT;

	return find_known(s, dir, &b, e);
}

/* The files that make a directory a project. */
static const char *const project_files[] = {"sandbox.ini", ".devcontainer/devcontainer.json",
					    ".devcontainer.json"};

/* Which of them is there; NULL: none. */
static const char *find_file(const char *dir, uid_t *ret_owner)
{
	for (size_t i = 0; i < ARRAY_SIZE(project_files); i++) {
		cleanup_free char *file = path_join(dir, project_files[i]);
		struct stat st;

		/* A dangling symlink counts: reading it is an error. */
		if (fstatat(AT_FDCWD, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		*ret_owner = st.st_uid;
		return project_files[i];
	}
	return NULL;
}

bool target_has_file(const char *dir)
{
	uid_t owner;

	return find_file(dir, &owner);
}

static bool has_file(const char *dir, uid_t *ret_owner)
{
	return find_file(dir, ret_owner);
}

/* Removes the last component; false if there is none. */
static bool to_parent(char *dir)
{
	char *slash = strrchr(dir, '/');

	if (streq(dir, "/"))
		return false;
	slash[slash == dir] = '\0';
	return true;
}

/* The known project that contains dir, or NULL; the caller frees it. */
static int known_around(const struct store *s, const char *dir, char **ret, struct err *e)
{
	cleanup_free char *around = xstrdup(dir);
	int r = 0;

	while (r == 0 && to_parent(around))
		r = is_known(s, around, e);
	if (r > 0)
		*ret = take_ptr(around);
	return r < 0 ? r : 0;
}

/*
 * The project that contains start, or NULL. *ret_box: its box or trial, if it was found by that.
 * *ret_passed: the directory of a nearer sandbox.ini that does not count, or NULL.
 */
static int enclosing(const struct store *s, const char *start, char **ret, struct box *ret_box,
		     char **ret_passed, struct err *e)
{
	cleanup_free char *dir = xstrdup(start), *nearest = NULL, *foreign = NULL;
	uid_t owner;

	do {
		int r = find_known(s, dir, ret_box, e);

		if (r < 0)
			return r;
		if (r > 0) {
			*ret_passed = nearest ? take_ptr(nearest) : take_ptr(foreign);
			*ret = take_ptr(dir);
			return 0;
		}
		if (nearest || !has_file(dir, &owner))
			continue;
		if (owner == geteuid() || owner == 0 || streq(dir, start))
			nearest = xstrdup(dir);
		else if (!foreign)
			foreign = xstrdup(dir);
	} while (to_parent(dir));
	*ret_passed = take_ptr(foreign);
	*ret = take_ptr(nearest);
	return 0;
}

static char *not_used(const char *passed, const char *project)
{
	cleanup_free char *word = quote_shell(passed);
	uid_t owner;

	return xasprintf("'%s/%s' is not used, the project is '%s': 'sandbox enter %s' makes "
			 "its directory a project of its own",
			 passed, find_file(passed, &owner), project, word);
}

static int find_here(const struct store *s, struct target *ret, struct err *e)
{
	cleanup_free char *here = getcwd(NULL, 0), *passed = NULL, *dir = NULL;
	int r = here ? enclosing(s, here, &dir, &ret->found, &passed, e)
		     : err_sys(e, errno, "cannot tell the current directory");

	if (r < 0)
		return r;
	ret->dir = dir ? take_ptr(dir) : take_ptr(here);
	if (passed)
		ret->note = not_used(passed, ret->dir);
	return 0;
}

/*
 * When a directory in a known project is named for the first time, a note says that it is separate.
 */
static int find_within(const struct store *s, const char *dir, struct target *ret, struct err *e)
{
	cleanup_free char *around = NULL;
	uid_t owner;
	int r = find_known(s, dir, &ret->found, e);

	if (r == 0)
		r = known_around(s, dir, &around, e);
	if (around)
		ret->note = xasprintf(
			"'%s/%s' makes its directory a project of its own, apart from '%s'", dir,
			find_file(dir, &owner), around);
	return r < 0 ? r : 0;
}

/* A project that is gone but has a box: the user stops or removes that box by its old name. */
static char *find_gone(const struct store *s, const char *word)
{
	cleanup_free char *here = getcwd(NULL, 0);
	cleanup_free char *dir = here ? path_normalize(here, word) : NULL;
	struct err ignored;

	return dir && is_known(s, dir, &ignored) > 0 ? take_ptr(dir) : NULL;
}

static char *part_of(const char *word, const char *project)
{
	cleanup_free char *quoted = quote_shell(word);

	return xasprintf(
		"'%s' is a part of the project '%s': 'sandbox init %s' makes it a project of "
		"its own",
		word, project, quoted);
}

static int find_folder(const struct store *s, const char *word, struct target *ret, struct err *e)
{
	cleanup_free char *dir = realpath(word, NULL), *passed = NULL, *above = NULL;
	struct stat st;
	uid_t owner;
	int r = 0;

	if (!dir && errno == ENOENT && (ret->dir = find_gone(s, word)))
		return 0;
	if (!dir || stat(dir, &st) < 0)
		return err_sys(e, errno, "cannot open the project '%s'", word);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ENOTDIR, "the project '%s' is not a directory", word);
	if (!has_file(dir, &owner))
		r = enclosing(s, dir, &above, &ret->found, &passed, e);
	else
		r = find_within(s, dir, ret, e);
	if (r < 0)
		return r;
	ret->above = above && !streq(above, dir);
	if (ret->above)
		ret->note = part_of(word, above);
	ret->dir = above ? take_ptr(above) : take_ptr(dir);
	return 0;
}

static bool is_called(const char *dir, const char *name)
{
	cleanup_free char *box = folder_box_name(dir);

	return streq(path_basename(dir), name) || streq(box, name);
}

/* The project's name in its file, or NULL; the caller frees it. */
static int name_in_file(const char *dir, char **ret, struct err *e)
{
	cleanup_settings struct settings settings = {0};
	const struct settings_request req = {.project_dir = dir};
	int r = settings_load(&req, &settings, e);

	if (r < 0)
		return r;
	*ret = xstrdup(settings_get(&settings, KEY_NAME));
	return 0;
}

/* 1: dir is a project with that name; 0: it is not. */
static int is_project_called(const struct store *s, const char *dir, const char *name,
			     struct err *e)
{
	cleanup_free char *set = NULL;
	uid_t owner;
	int r;

	if (!has_file(dir, &owner))
		return is_called(dir, name) ? is_known(s, dir, e) : 0;
	if (is_called(dir, name))
		return 1;
	r = name_in_file(dir, &set, e);
	if (r < 0)
		return err_add(e, "cannot tell whether the project '%s' is called '%s'", dir, name);
	return set && streq(set, name);
}

/* Does only a file make dir a project, inside a known one? Then it cannot take that one's name. */
static bool is_planted(const struct store *s, const char *dir, struct err *e)
{
	cleanup_free char *around = NULL;

	return is_known(s, dir, e) == 0 && known_around(s, dir, &around, e) == 0 && around;
}

/* A project with that name that contains the current directory; *ret NULL if there is none. */
static int find_around(const struct store *s, const char *name, char **ret, struct err *e)
{
	cleanup_free char *dir = getcwd(NULL, 0);
	int r;

	if (!dir)
		return 0;
	do {
		r = is_project_called(s, dir, name, e);
		if (r > 0)
			r = is_planted(s, dir, e) ? 0 : 1;
		if (r > 0)
			*ret = xstrdup(dir);
	} while (r == 0 && to_parent(dir));
	return r < 0 ? r : 0;
}

/* 1: there is a directory of that name here; 0: there is none; or an error. */
static int is_folder_here(const char *name, struct stat *ret_st, struct err *e)
{
	if (stat(name, ret_st) == 0)
		return S_ISDIR(ret_st->st_mode);
	if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG)
		return 0;
	return err_sys(e, errno, "cannot open '%s' here", name);
}

static bool is_folder(const char *dir, const struct stat *st)
{
	struct stat there;

	return dir && stat(dir, &there) == 0 && there.st_dev == st->st_dev &&
	       there.st_ino == st->st_ino;
}

/* The name means something else here too; the box takes precedence. */
static char *other_meaning(const char *name, const struct box *b)
{
	cleanup_free char *here = getcwd(NULL, 0);
	const char *of = b->project ? b->project : "no directory";
	struct stat st;
	struct err ignored;

	if (is_folder_here(name, &st, &ignored) > 0 && !is_folder(b->project, &st))
		return xasprintf(
			"box '%s' is of '%s', not of the directory '%s' here: './%s' means "
			"that",
			name, of, name, name);
	if (!here || (b->project && path_is_beneath(here, b->project)))
		return NULL;
	do {
		uid_t owner;

		if (streq(path_basename(here), name) && has_file(here, &owner))
			return xasprintf("box '%s' is of '%s', not of the project '%s' here: a "
					 "path or '.' means that",
					 name, of, here);
	} while (to_parent(here));
	return NULL;
}

static int no_such_box(const struct store *s, const char *name, struct err *e)
{
	cleanup_dir struct dir d = {0};
	cleanup_strv struct strv names = {0};
	const char *near = NULL;
	struct err ignored;

	/* The name itself may be listed, of a box that is being made or has crashed. */
	if (dir_open(&d, s->data_fd, STORE_NAMES, &ignored) == 0)
		while (dir_next(&d, &ignored) > 0)
			if (d.name[0] != '.' && !streq(d.name, name))
				strv_push(&names, d.name);
	if (names.n)
		near = nearest_word(name, (const char *const *)names.v);
	if (near)
		return err_set(e, ENOENT, "there is no box named '%s', did you mean '%s'?", name,
			       near);
	return err_set(e, ENOENT,
		       "there is no box named '%s', nor a directory here, and no project "
		       "around has that name: 'sandbox ls' lists the boxes",
		       name);
}

/*
 * The project is not at its recorded path: it may be a directory of this name here, or one above.
 */
static void look_for_project(struct box *b, const char *name)
{
	cleanup_free char *here = NULL, *dir = NULL;

	if (!box_project_gone(b))
		return;
	here = realpath(name, NULL);
	if (here && box_has_moved(b, here))
		return;
	dir = getcwd(NULL, 0);
	while (dir && !box_has_moved(b, dir) && to_parent(dir))
		;
}

/* The box of that service of a project that contains the current directory. 1, 0 or an error. */
static int find_service(const struct store *s, const char *name, struct box *ret, struct err *e)
{
	cleanup_free char *dir = getcwd(NULL, 0);
	int r = -ENOENT;

	if (!dir || !box_name_valid(name))
		return 0;
	do {
		cleanup_free char *mark = folder_mark(dir);

		if (mark)
			r = service_box_find(s, mark, name, ret, e);
	} while (r == -ENOENT && to_parent(dir));
	return r == -ENOENT ? 0 : r == 0 ? 1 : r;
}

static int find_named(const struct store *s, const char *name, bool damaged, struct target *ret,
		      struct err *e)
{
	cleanup_free char *around = NULL;
	struct stat st;
	int r = find_service(s, name, &ret->box, e);

	if (r != 0) {
		ret->has_box = r > 0;
		return r < 0 ? r : 0;
	}
	r = box_find_named(s, name, damaged, &ret->box, e);
	if (r == 0) {
		ret->has_box = true;
		look_for_project(&ret->box, name);
		ret->dir = xstrdup(ret->box.project);
		ret->note = other_meaning(name, &ret->box);
	}
	if (r != -ENOENT)
		return r;
	r = is_folder_here(name, &st, e);
	if (r != 0)
		return r < 0 ? r : find_folder(s, name, ret, e);
	r = find_around(s, name, &around, e);
	if (r < 0)
		return r;
	if (!around)
		return no_such_box(s, name, e);
	ret->dir = take_ptr(around);
	return 0;
}

int target_find(const struct store *s, const char *word, bool damaged, struct target *ret,
		struct err *e)
{
	cleanup_target struct target t = TARGET_INIT;
	int r = !word		? find_here(s, &t, e)
		: is_path(word) ? find_folder(s, word, &t, e)
				: find_named(s, word, damaged, &t, e);

	if (r < 0)
		return r;
	*ret = t;
	t = (struct target)TARGET_INIT;
	return 0;
}

int target_resolve(const struct store *s, const char *word, struct target *ret, struct err *e)
{
	int r = target_find(s, word, false, ret, e);

	if (r == 0)
		target_say(ret);
	return r;
}

int target_folder(const struct target *t, char **ret, struct err *e)
{
	if (!t->has_box && t->dir && access(t->dir, F_OK) < 0)
		return err_sys(e, errno, "cannot open the project '%s'", t->dir);
	if (t->has_box && box_project_gone(&t->box))
		return err_set(e, ENOENT,
			       "the project directory '%s' of box '%s' is gone: go to where it is "
			       "now, or use 'sandbox rename --project DIR %s'",
			       t->dir, t->box.name, t->box.name);
	*ret = xstrdup(t->dir);
	return 0;
}

int target_box(const struct store *s, struct target *t, struct box *ret, struct err *e)
{
	int r = t->has_box ? 0 : box_find_project(s, t->dir, &t->box, e);

	if (r == 0)
		r = box_follow_at_rest(s, &t->box, e);
	if (r < 0)
		return r;
	*ret = t->box;
	t->box = (struct box)BOX_INIT;
	t->has_box = false;
	return 0;
}

int box_find(const struct store *s, const char *word, struct box *ret, struct err *e)
{
	cleanup_target struct target t = TARGET_INIT;
	int r = target_resolve(s, word, &t, e);

	if (r < 0)
		return r;
	return target_box(s, &t, ret, e);
}
