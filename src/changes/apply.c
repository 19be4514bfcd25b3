/*
 * apply.c - copying changes from a box to the host: planned as a whole, then done one at a time.
 *
 * A file gets its name once it is complete (new_file.h). Its temporary name is always the same, so
 * that what a killed process left is reused by the next one, or removed by apply_clean(); and it is
 * short, so that the longest names work.
 */
#include "changes/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/copy_whole.h"
#include "base/kv.h"
#include "base/log.h"
#include "base/new_file.h"
#include "base/path.h"
#include "changes/apply_git.h"
#include "changes/undo.h"

#define PERMISSIONS 0777 /* set-id bits do not leave a box */

void apply_clear(struct apply_plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].path);
	for (size_t i = 0; i < p->n_folders; i++)
		close_fd(&p->folders[i]);
	for (size_t i = 0; i < p->n_left; i++)
		free(p->left[i].path);
	free(p->left);
	free(p->v);
	free(p->folders);
	free(p->drop);
	free(p->data);
	free(p->caches);
	*p = (struct apply_plan){0};
}

const char *apply_relative(const struct change *c, const char *from)
{
	size_t len = streq(from, "/") ? 0 : strlen(from);

	if (c->path[len] == '/')
		return c->path + len + 1;
	return S_ISDIR(c->st.st_mode) ? "" : path_basename(c->path);
}

static int in_the_way(const struct apply_step *step, const char *what, struct err *e)
{
	return err_set(e, EEXIST, "cannot apply '%s' to '%s': %s", step->change.path, step->path,
		       what);
}

/* The directory it goes to, beneath ours, without a symlink on the way. */
static int open_parent(const struct apply_step *step, bool make, int *ret_fd, struct err *e)
{
	cleanup_free char *dir = xstrndup(step->rel,
					  (size_t)(path_basename(step->rel) - step->rel));
	const char *path = *dir ? dir : ".";
	int r = make ? path_mkdirs_nolinks(step->folder, path, 0755, ret_fd, e)
		     : path_open_nolinks(step->folder, path, O_PATH | O_DIRECTORY, 0, ret_fd, e);

	if (r == -ELOOP)
		return in_the_way(step, "a symlink is on the way", e);
	if (r == -ENOTDIR)
		return in_the_way(step, "a file is where a directory of the way should be", e);
	return r;
}

/*
 * Looks at what the host has there, and adapts the step's kind to it. Returns 1, 0 if there is
 * nothing to do, or an error if something is in the way.
 */
static int check_step(struct apply_step *step, struct err *e)
{
	struct change *c = &step->change;
	bool gone = c->kind == CHANGE_DELETED, added = c->kind == CHANGE_ADDED;
	cleanup_close int parent = -1;
	struct stat st;
	int r = open_parent(step, false, &parent, e);

	if (r < 0 && r != -ENOENT)
		return r;
	if (r < 0 || fstatat(parent, path_basename(step->rel), &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (r == 0 && errno != ENOENT)
			return err_sys(e, errno, "cannot look at '%s'", step->path);
		c->kind = gone ? c->kind : CHANGE_ADDED;
		return !gone;
	}
	if (S_ISDIR(st.st_mode) != S_ISDIR(c->st.st_mode))
		return in_the_way(step,
				  S_ISDIR(st.st_mode)
					  ? "it is a directory on the host, and none in "
					    "the box; move it away first"
					  : "it is a directory in the box, and none on "
					    "the host; move it away first",
				  e);
	/* An existing directory belongs to the host; only a change of its mode counts. */
	if (S_ISDIR(st.st_mode) && added)
		return 0;
	c->kind = gone ? c->kind : CHANGE_MODIFIED;
	return 1;
}

static char *tmp_name(const char *id)
{
	return xasprintf(NEW_FILE_PREFIX "%s", id);
}

/* Keeps the file of that name, which is about to be replaced by one with the metadata of now. */
static int keep(const struct apply_step *step, int parent, const struct stat *now, struct undo *u,
		struct err *e)
{
	const char *name = path_basename(step->rel);
	cleanup_free char *folder = xstrndup(step->path,
					     strlen(step->path) - strlen(step->rel) - 1);
	struct stat st;
	bool there = fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0;

	if (!there && errno != ENOENT)
		return err_sys(e, errno, "cannot look at '%s'", step->path);
	if (!S_ISDIR(now->st_mode) || !there)
		return undo_keep(u, there ? UNDO_REPLACED : UNDO_ADDED, parent, name,
				 *folder ? folder : "/", step->rel, now, e);
	if ((st.st_mode & PERMISSIONS) == (now->st_mode & PERMISSIONS))
		return 0;
	return undo_keep(u, UNDO_MODE, parent, name, *folder ? folder : "/", step->rel, &st, e);
}

/* Not synced here: apply_run() waits for the disk once, for all files. */
static int write_file(const struct apply_step *step, int in, int parent, const char *tmp,
		      struct undo *u, struct err *e)
{
	const struct change *c = &step->change;
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, c->st.st_mtim};
	cleanup_new_file struct new_file f = NEW_FILE_INIT;
	struct stat now;
	int r = new_file_open(parent, path_basename(step->rel), tmp, 0600, &f);

	if (r == 0)
		r = copy_bytes(in, f.fd, c->st.st_size);
	if (r == 0 && (fchmod(f.fd, c->st.st_mode & PERMISSIONS) < 0 || futimens(f.fd, times) < 0 ||
		       fstat(f.fd, &now) < 0))
		r = -errno;
	if (r == 0 && keep(step, parent, &now, u, e) < 0)
		return -e->code;
	if (r == 0)
		r = new_file_finish(&f, false);
	return r < 0 ? err_sys(e, -r, "cannot write '%s'", step->path) : 0;
}

static int put_link(const struct apply_step *step, int parent, const char *tmp, struct undo *u,
		    struct err *e)
{
	struct stat now;

	if (symlinkat(step->change.link, parent, tmp) < 0 ||
	    fstatat(parent, tmp, &now, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "cannot write '%s'", step->path);
	if (keep(step, parent, &now, u, e) < 0)
		return -e->code;
	return renameat(parent, tmp, parent, path_basename(step->rel)) < 0
		       ? err_sys(e, errno, "cannot write '%s'", step->path)
		       : 0;
}

static int put_file(const struct apply_step *step, int parent, const char *id, struct undo *u,
		    struct err *e)
{
	const struct change *c = &step->change;
	cleanup_free char *tmp = tmp_name(id);
	cleanup_close int in = -1;
	int r = c->link ? 0 : change_open(c, &in, e);

	if (r < 0)
		return r;
	/* Left by a killed apply. */
	unlinkat(parent, tmp, 0);
	r = c->link ? put_link(step, parent, tmp, u, e) : write_file(step, in, parent, tmp, u, e);
	if (r < 0)
		unlinkat(parent, tmp, 0);
	return r;
}

/* Removes what a killed put_step() may have left beside rel, beneath the host's directory. */
static void clean_step(int folder, const char *rel, const char *id)
{
	cleanup_free char *dir = xstrndup(rel, (size_t)(path_basename(rel) - rel));
	cleanup_free char *tmp = tmp_name(id);
	cleanup_close int parent = -1;
	struct err ignored;

	if (path_open_nolinks(folder, *dir ? dir : ".", O_PATH | O_DIRECTORY, 0, &parent,
			      &ignored) == 0)
		unlinkat(parent, tmp, 0);
}

/* Its owner can always enter it and remove what is in it. */
static int put_folder(const struct apply_step *step, int parent, struct undo *u, struct err *e)
{
	const char *name = path_basename(step->rel);
	struct stat now = {.st_mode = S_IFDIR | (step->change.st.st_mode & PERMISSIONS) | 0700};
	cleanup_close int fd = -1;
	int r = keep(step, parent, &now, u, e);

	if (r < 0)
		return r;

	if (mkdirat(parent, name, (step->change.st.st_mode & PERMISSIONS) | 0700) < 0 &&
	    errno != EEXIST)
		return err_sys(e, errno, "cannot make '%s'", step->path);
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, (step->change.st.st_mode & PERMISSIONS) | 0700) < 0)
		return err_sys(e, errno, "cannot set the mode of '%s'", step->path);
	return 0;
}

static int take_away(const struct apply_step *step, int parent, struct undo *u, struct err *e)
{
	const char *name = path_basename(step->rel);
	cleanup_free char *folder = xstrndup(step->path,
					     strlen(step->path) - strlen(step->rel) - 1);
	struct stat st;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(e, errno, "cannot look at '%s'", step->path);
	return undo_keep(u, UNDO_REMOVED, parent, name, *folder ? folder : "/", step->rel, &st, e);
}

/*
 * Carries out a step; keeps what it replaces in u. id, the box's, is part of temporary names. A
 * step that is already done is repeated or skipped.
 */
static int put_step(const struct apply_step *step, const char *id, struct undo *u, struct err *e)
{
	bool gone = step->change.kind == CHANGE_DELETED;
	cleanup_close int parent = -1;
	int r = open_parent(step, !gone, &parent, e);

	if (r < 0)
		return gone && r == -ENOENT ? 0 : r;
	if (gone)
		return take_away(step, parent, u, e);
	if (S_ISDIR(step->change.st.st_mode))
		return put_folder(step, parent, u, e);
	return put_file(step, parent, id, u, e);
}

static int add_step(struct apply_plan *p, const struct change *c, int folder, const char *host,
		    const char *rel, struct err *e)
{
	const char *special = change_special(c);
	struct apply_step step = {.change = *c, .folder = folder};
	int r;

	if (special) {
		log_note("left out: '%s' is a %s", c->path, special);
		return 0;
	}
	step.path = path_join(host, rel);
	step.rel = step.path + strlen(step.path) - strlen(rel);
	if (path_is_beneath(step.path, p->data) && !path_is_beneath(host, p->caches))
		r = err_set(e, EPERM, "cannot apply '%s' to '%s': boxes are kept there", c->path,
			    step.path);
	else
		r = check_step(&step, e);
	if (r <= 0) {
		free(step.path);
		return r;
	}
	p->v[p->n++] = step;
	return 0;
}

static int open_folder(struct apply_plan *p, const char *path, int *ret_fd, struct err *e)
{
	int r = changes_open_host(path, ret_fd, e);

	if (r == 0)
		p->folders[p->n_folders++] = *ret_fd;
	return r;
}

/* Plans the changes of one overlay, to where they came from. */
static int add_overlay(const struct changes *all, const struct box_overlay *o, struct apply_plan *p,
		       struct err *e)
{
	int folder = -1, r = 0;

	for (size_t i = 0; r == 0 && i < all->n; i++) {
		const struct change *c = &all->v[i];

		if (c->tree->overlay != o)
			continue;
		if (folder < 0)
			r = open_folder(p, o->source, &folder, e);
		if (r == 0)
			r = add_step(p, c, folder, o->source, c->rel, e);
	}
	p->drop[o - all->overlays.v] = folder >= 0;
	return r;
}

/* Did the box get it from rel beneath the host's directory `to`? */
static bool came_from(const struct change *c, const char *to, const char *rel)
{
	cleanup_free char *there = path_join(to, rel), *was = NULL;

	if (!c->tree->overlay)
		return false;
	was = path_join(c->tree->overlay->source, c->rel);
	return streq(was, there);
}

static int add_beneath(const struct changes *all, const char *from, const char *to,
		       struct apply_plan *p, struct err *e)
{
	int folder = -1, r = open_folder(p, to, &folder, e);

	for (size_t i = 0; r == 0 && i < all->n; i++) {
		const struct change *c = &all->v[i];
		const char *rel = path_is_beneath(c->path, from) ? apply_relative(c, from) : "";

		if (*rel && c->kind == CHANGE_DELETED && !came_from(c, to, rel))
			log_note("left out: '%s' is deleted only in the box", c->path);
		else if (*rel)
			r = add_step(p, c, folder, to, rel, e);
	}
	return r;
}

int apply_make(const struct store *s, const struct changes *all, const char *from, const char *to,
	       struct apply_plan *p, struct err *e)
{
	int r = 0;

	p->from = from;
	p->to = to;
	p->v = xcalloc(all->n + 1, sizeof(*p->v));
	p->folders = xcalloc(all->overlays.n + 1, sizeof(*p->folders));
	p->drop = xcalloc(all->overlays.n + 1, sizeof(*p->drop));
	p->data = xstrdup(s->data);
	p->caches = path_join(s->data, "caches");
	if (all->incomplete)
		return err_set(e, EACCES,
			       "the box cannot be read completely, so nothing is applied: repair "
			       "or remove in the box what cannot be read");
	if (from)
		r = add_beneath(all, from, to, p, e);
	for (size_t i = 0; r == 0 && !from && i < all->overlays.n; i++)
		r = add_overlay(all, &all->overlays.v[i], p, e);
	for (size_t i = 0; !from && i < all->n; i++)
		p->others += !all->v[i].tree->overlay;
	if (r == 0)
		apply_git_sort_out(p);
	return r;
}

const char *apply_undo_key(const struct box *b)
{
	return b->project ? b->project : b->id;
}

/* Records that an apply is in progress, and to where: after a kill that is where leftovers are. */
#define NOTE "applying"

static int write_note(const struct box *b, const struct apply_plan *p, struct err *e)
{
	cleanup_kv struct kv note = {0};

	kv_set(&note, "from", p->from ? p->from : ""); /* not an empty file */
	kv_set(&note, "to", p->to);
	return kv_write(&note, b->dir_fd, NOTE, e);
}

void apply_clean(const struct store *s, const struct box *b)
{
	cleanup_changes struct changes all = {0};
	cleanup_kv struct kv note = {0};
	const char *from, *to;
	struct err ignored;

	if (kv_read(&note, b->dir_fd, NOTE, &ignored) < 0 || changes_find(s, b, &all, &ignored) < 0)
		return;
	from = kv_get(&note, "from");
	to = kv_get(&note, "to");
	for (size_t i = 0; i < all.n; i++) {
		const struct change *c = &all.v[i];
		cleanup_close int folder = -1;
		const char *rel = c->rel;

		if (from && *from && to)
			rel = path_is_beneath(c->path, from) ? apply_relative(c, from) : "";
		else
			to = c->tree->overlay ? c->tree->overlay->source : NULL;
		if (to && *rel && changes_open_host(to, &folder, &ignored) == 0)
			clean_step(folder, rel, b->id);
	}
}

/* The trial is dropped only once the results, and what they replaced, are on disk. */
static int sync_applied(const struct store *s, const struct apply_plan *p, struct err *e)
{
	int r = sync_fs(s->data_fd, s->data, e);
	struct stat data, st;

	for (size_t i = 0; r == 0 && i < p->n_folders; i++)
		if (fstat(s->data_fd, &data) < 0 || fstat(p->folders[i], &st) < 0 ||
		    st.st_dev != data.st_dev)
			r = sync_fs(p->folders[i], "what was applied", e);
	return r;
}

int apply_run(const struct store *s, const struct box *b, const struct changes *all,
	      const struct apply_plan *p, uint64_t *ret_kept, struct err *e)
{
	cleanup_undo struct undo u = UNDO_INIT;
	uint64_t kept;
	int r = undo_begin(s, apply_undo_key(b), &u, e);

	if (r == 0)
		r = write_note(b, p, e);
	if (r < 0)
		return r;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; r == 0 && i < p->n; i++)
			if (p->v[i].first == (pass == 0))
				r = put_step(&p->v[i], b->id, &u, e);
	if (r == 0)
		r = undo_end(&u, e);
	if (r < 0)
		return err_add(e, "not everything is applied: the same command continues");
	kept = undo_size(&u);
	r = sync_applied(s, p, e);
	for (size_t i = 0; r == 0 && i < all->overlays.n; i++)
		if (p->drop[i])
			r = overlay_drop(s, &all->overlays.v[i], e);
	if (r < 0)
		return r;
	unlinkat(b->dir_fd, NOTE, 0);
	*ret_kept = kept;
	return 0;
}
