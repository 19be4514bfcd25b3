/*
 * build_copy.c - the layer of COPY or ADD, found again by what would be copied.
 *
 * The files of a stage or an image are looked at only if the layer is not found by the key of all
 * of them: a stage that was built again may have the same files where it matters.
 */
#include "build/engine/build_copy.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "build/copy.h"
#include "build/engine/build_files.h"
#include "build/engine/build_git.h"
#include "build/engine/build_layer.h"
#include "build/engine/build_source.h"
#include "build/remote.h"

/* A step on its way. */
struct copying {
	struct build *b;
	struct build_state *s;
	struct copy_request req;
	struct build_source from;
	struct copy_tree *repositories;
};

static const char *flag_of(const struct step *step, const char *name)
{
	for (size_t i = 0; i + 1 < step->flags.n; i += 2)
		if (streq(step->flags.v[i], name))
			return step->flags.v[i + 1];
	return NULL;
}

/* "COPY --chown=app a b <<EOF /dst/": here-documents come last, as in BuildKit. */
static void note_history(struct build_state *s, const struct step *step, time_t made)
{
	const struct instruction *in = step->of->in;
	const char *parents = flag_of(step, "parents"), *chown = flag_of(step, "chown"),
		   *chmod = flag_of(step, "chmod");
	cleanup_buf struct buf text = BUF_INIT;

	buf_addstr(&text, instruction_names[in->kind]);
	if (parents && streq(parents, "true"))
		buf_addstr(&text, " --parents");
	if (chown && *chown)
		buf_addf(&text, " --chown=%s", chown);
	if (chmod && *chmod)
		buf_addf(&text, " --chmod=%s", chmod);
	for (size_t i = 0; i + 1 < step->args.n; i++)
		if (!in->n_heredocs || !starts_with(step->args.v[i], "<<"))
			buf_addf(&text, " %s", step->args.v[i]);
	for (size_t i = 0; i < in->n_heredocs; i++)
		buf_addf(&text, " <<%s", in->heredocs[i].name);
	buf_addf(&text, " %s", step->args.v[step->args.n - 1]);
	build_state_history(s, text.data, true, true, made);
}

/* The git repositories of ADD: what they are, or with their files too. */
static int find_repositories(struct copying *c, bool files, struct err *e)
{
	const struct step *step = c->req.step;
	const char *keep = flag_of(step, "keep-git-dir"), *checksum = flag_of(step, "checksum");
	bool keep_git_dir = keep && streq(keep, "true");
	int r = 0;

	if (step->of->in->kind != INSTRUCTION_ADD)
		return 0;
	if (!c->repositories)
		c->repositories = xcalloc(step->args.n, sizeof(*c->repositories));
	c->req.repositories = c->repositories;
	c->req.n_repositories = 0;
	for (size_t i = 0; r == 0 && i + 1 < step->args.n; i++)
		if (remote_kind(step->args.v[i]) == REMOTE_GIT)
			r = (files ? build_git_fetch
				   : build_git_find)(c->b, step->args.v[i], keep_git_dir,
						     checksum && *checksum ? checksum : NULL,
						     &c->repositories[c->req.n_repositories++], e);
	return r < 0 ? dockerfile_err(c->req.file, step->of->in->line, e) : 0;
}

/* Raised when a step of the same words makes something else. */
#define COPY_MEANING 2

/* Makes the key of the step, and looks for its layer: 1 or 0. */
static int find_by_key(struct copying *c, const struct digest *of_all, struct build_layer *l,
		       struct digest *ret_key, struct err *e)
{
	const struct build *b = c->b;
	cleanup_free char *text = NULL;
	int r;

	c->from.tree.key = of_all;
	r = copy_key(b->copy, &c->req, ret_key, e);
	if (r < 0)
		return r;
	text = xasprintf("COPY\nmeaning %d\nuser %s\nfiles %s\n", COPY_MEANING,
			 build_state_text(c->s, "User"), ret_key->hex);
	build_layer_init(b, c->s, text, l);
	return b->fresh ? 0 : build_layer_find(b, l, c->s, e);
}

static int make_layer(struct copying *c, struct build_layer *l, int upper_fd, struct err *e)
{
	cleanup_build_files struct build_files files = {0};
	struct copy_tree base = {.name = "the stage"};
	struct build_upper upper = {.fd = upper_fd};
	cleanup_free char *tmp = NULL;
	cleanup_close int meta = -1;
	int r = image_store_tmpfile(c->b->req->store, &tmp, &meta, e);

	if (r < 0)
		return r;
	unlinkat(c->b->req->store->fd, tmp, 0);
	r = build_files_open(c->s, c->b->req->store, &files, e);
	if (r < 0)
		return r;
	base.layers = files.layers;
	base.metas = files.metas;
	base.n = files.n;
	c->req.base = &base;
	r = copy_step(c->b->copy, &c->req, upper_fd, meta, e);
	upper.meta_fd = meta;
	return r < 0 ? r : build_layer_make(c->b, l, &upper, c->s, e);
}

static int copy(struct copying *c, struct build_layer *l, struct err *e)
{
	const struct image_store *store = c->b->req->store;
	cleanup_free char *tmp = NULL;
	cleanup_close int upper = -1;
	struct err ignored;
	int r = find_repositories(c, true, e);

	if (r == 0)
		r = image_store_tmpdir(store, &tmp, &upper, e);

	if (r == 0 && fchmod(upper, 0755) < 0)
		r = err_sys(e, errno, "cannot prepare '%s'", tmp);
	if (r == 0)
		r = make_layer(c, l, upper, e);
	if (tmp)
		file_remove_tree(store->fd, tmp, &ignored);
	return r;
}

/* By the key of all files first, then by that of those that are copied. Returns whether found. */
static int find_or_copy(struct copying *c, time_t *ret_made, struct err *e)
{
	cleanup_build_layer struct build_layer all = {0}, l = {0};
	const struct digest *whole = c->from.key.hex[0] ? &c->from.key : NULL;
	struct digest key;
	int r = whole ? find_by_key(c, whole, &all, &key, e) : 0, found = r;

	if (r == 0)
		r = build_source_fetch(c->b, &c->from, e);
	if (r == 0 && !found) {
		r = found = find_by_key(c, NULL, &l, &key, e);
		c->req.key = &key;
		if (r == 0)
			r = build_may_make(c->b, e);
		if (r == 0)
			r = copy(c, &l, e);
		if (r >= 0 && whole)
			r = build_layer_note(c->b, &all, &l, c->s, e);
	}
	if (r < 0)
		return r;
	*ret_made = l.text ? l.made : all.made;
	return found;
}

int build_copy_step(struct build *b, struct build_state *s, const struct step *step,
		    const char *title, struct err *e)
{
	const char *cwd = build_state_text(s, "WorkingDir");
	struct copying c = {.b = b,
			    .s = s,
			    .req = {.step = step,
				    .file = b->req->graph->file->name,
				    .workdir = *cwd ? cwd : "/",
				    .from = &c.from.tree,
				    .limits = {.max_bytes = b->req->conf->max_size,
					       .max_entries = b->req->conf->max_entries}}};
	time_t made = BUILD_NO_TIME;
	int found = 0, r;

	c.req.time.tv_sec = b->req->time == BUILD_NO_TIME ? time(NULL) : b->req->time;
	r = build_source_open(b, &step->of->sources[0], &c.from, e);
	if (r < 0)
		r = dockerfile_err(c.req.file, step->of->in->line, e);
	else
		r = find_repositories(&c, false, e);
	if (r == 0)
		r = found = find_or_copy(&c, &made, e);
	build_source_close(&c.from);
	free(c.repositories);
	if (r < 0)
		return r;
	if (found)
		build_note_found(b, title);
	else
		build_note_made(b, title);
	note_history(s, step, made);
	return 0;
}
