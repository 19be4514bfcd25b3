/*
 * apply.c - planning what goes from a box to the host.
 */
#include "changes/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/kv.h"
#include "base/log.h"
#include "base/new_file.h"
#include "base/path.h"
#include "changes/apply_git.h"
#include "changes/apply_step.h"
#include "changes/undo.h"

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
		r = apply_check(&step, e);
	if (r <= 0) {
		free(step.path);
		return r;
	}
	p->v[p->n++] = step;
	return 0;
}

static int open_folder(struct apply_plan *p, const char *path, int *ret_fd, struct err *e)
{
	int r = host_folder_open(path, ret_fd, e);

	if (r == 0)
		p->folders[p->n_folders++] = *ret_fd;
	return r;
}

/* The changes of one overlay to where they came from. */
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

/* Did what is to be at rel beneath the host's directory `to` come from there? */
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
			log_note("left out: '%s' is deleted in the box alone", c->path);
		else if (*rel)
			r = add_step(p, c, folder, to, rel, e);
	}
	return r;
}

int apply_make(const struct store *s, const struct changes *all, const char *from, const char *to,
	       struct apply_plan *ret, struct err *e)
{
	int r = 0;

	ret->from = from;
	ret->to = to;
	ret->v = xcalloc(all->n + 1, sizeof(*ret->v));
	ret->folders = xcalloc(all->overlays.n + 1, sizeof(*ret->folders));
	ret->drop = xcalloc(all->overlays.n + 1, sizeof(*ret->drop));
	ret->data = xstrdup(s->data);
	ret->caches = path_join(s->data, "caches");
	if (all->incomplete)
		return err_set(e, EACCES,
			       "not all of the box can be read, so none of it is applied: mend or "
			       "remove what cannot, in the box");
	if (from)
		r = add_beneath(all, from, to, ret, e);
	for (size_t i = 0; r == 0 && !from && i < all->overlays.n; i++)
		r = add_overlay(all, &all->overlays.v[i], ret, e);
	for (size_t i = 0; !from && i < all->n; i++)
		ret->others += !all->v[i].tree->overlay;
	if (r == 0)
		apply_git_sort_out(ret);
	return r;
}

const char *apply_undo_key(const struct box *b)
{
	return b->project ? b->project : b->id;
}

/* That an apply is under way, and where to: what is left when it is killed is looked for there. */
#define NOTE "applying"

static int write_note(const struct box *b, const struct apply_plan *p, struct err *e)
{
	cleanup_kv struct kv note = {0};

	kv_set(&note, "from", p->from ? p->from : ""); /* not to be a file that is empty */
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
		if (to && *rel && host_folder_open(to, &folder, &ignored) == 0)
			apply_step_clean(folder, rel, b->id);
	}
}

/* What was tried goes only when what came of it, and what it replaced, are on the disk. */
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
	int r = undo_begin(s, apply_undo_key(b), &u, e);

	if (r == 0)
		r = write_note(b, p, e);
	if (r < 0)
		return r;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; r == 0 && i < p->n; i++)
			if (p->v[i].first == (pass == 0))
				r = apply_step(&p->v[i], b->id, &u, e);
	if (r == 0)
		r = undo_end(&u, e);
	if (r < 0)
		return err_add(e, "not all is applied; the same command goes on");
	*ret_kept = undo_size(&u);
	r = sync_applied(s, p, e);
	for (size_t i = 0; r == 0 && i < all->overlays.n; i++)
		if (p->drop[i])
			r = overlay_drop(s, &all->overlays.v[i], e);
	if (r == 0)
		unlinkat(b->dir_fd, NOTE, 0);
	return r;
}
