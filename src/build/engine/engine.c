/*
 * engine.c - a whole build: its stages in the order of their needs, and the image.
 *
 * Promises that a name is set only when all of the image is there.
 */
#include "build/engine/engine.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "build/engine/build_cache.h"
#include "build/engine/build_git.h"
#include "build/engine/engine_workers.h"
#include "image/install.h"
#include "image/layout.h"
#include "image/name/ref.h"
#include "image/store/plan.h"

static void engine_clear(struct engine *en)
{
	for (size_t i = 0; i < en->b.req->graph->n; i++) {
		build_state_clear(&en->stages[i].state);
		build_triggers_free(en->stages[i].triggers);
	}
	free(en->stages);
	build_git_free(&en->b);
	build_close(&en->b);
}

static void count_steps(struct build *b)
{
	const struct graph *g = b->req->graph;

	for (size_t i = 0; i < g->n; i++)
		for (size_t k = 0; g->stages[i].used && k < g->stages[i].n; k++)
			b->progress->steps += build_stage_makes_layer(g->stages[i].steps[k].in);
}

/* What another process of this build has built is found by its layers. */
static int need(struct build *b, size_t stage, const struct build_state **ret, struct err *e)
{
	struct engine_stage *s = &((struct engine *)b)->stages[stage];
	bool fresh = b->fresh, again = b->again;
	int r = 0;

	b->fresh = b->req->no_cache && !s->built;
	b->again = s->built;
	if (!s->done)
		r = build_stage_run(b, stage, &s->state, &s->triggers, e);
	b->fresh = fresh;
	b->again = again;
	if (r < 0)
		return r;
	s->done = true;
	*ret = &s->state;
	return 0;
}

/* Stages of which all layers are there are not built. */
static int find_whole(struct engine *en, struct err *e)
{
	const struct build_request *req = en->b.req;
	int r = 0;

	for (size_t i = 0; r == 0 && !req->no_cache && i < req->graph->n; i++) {
		cleanup_strv struct strv found = {0};
		const struct build_state *state;

		if (!req->graph->stages[i].used)
			continue;
		en->b.found = &found;
		r = need(&en->b, i, &state, e);
		en->b.found = NULL;
		for (size_t k = 0; r == 0 && k < found.n; k++)
			build_note_found(&en->b, found.v[k]);
		r = r == -ERR_RETRY ? 0 : r;
	}
	return r;
}

/* Is there nothing new? Then an earlier build has installed it. */
static bool is_installed(const struct build_request *req, const struct digest *manifest)
{
	if (blob_any_unnamed(req->store) || !image_plan_exists(req->store->fd, manifest) ||
	    !layout_is_current(req->store))
		return false;
	for (size_t i = 0; i < req->names->n; i++) {
		struct err ignored;
		struct ref ref;

		if (ref_read(req->store->fd, req->names->v[i], &ref, &ignored) < 0 ||
		    !digest_equal(&ref.manifest, manifest) || ref.index.hex[0])
			return false;
	}
	return true;
}

/* The image with its first name, and then the others. */
static int install(const struct build_request *req, const struct digest *manifest, struct err *e)
{
	struct install_request install = {.store = req->store, .conf = req->conf};
	size_t i = 0;
	int r;

	install.ref.manifest = *manifest;
	do {
		install.name = i < req->names->n ? req->names->v[i] : NULL;
		r = image_install(&install, e);
	} while (r == 0 && ++i < req->names->n);
	return r;
}

static int finish(struct engine *en, const struct build_state *target, struct build_result *ret,
		  struct err *e)
{
	const struct build_request *req = en->b.req;
	cleanup_build_state struct build_state s = {0};
	struct digest digest;
	int r;

	build_state_copy(target, &s);
	/* A copy is for a stage above, where triggers have acted. */
	json_object_set(build_state_config(&s), "OnBuild",
			json_object_get(build_state_config(target), "OnBuild"));
	r = build_state_write(&s, req->store, req->time, &digest, e);
	if (r == 0 && !is_installed(req, &digest))
		r = install(req, &digest, e);
	if (r == 0)
		r = build_cache_write(en->b.cache, en->b.store.data_fd, &s, e);
	if (r < 0)
		return r;
	*ret = (struct build_result){
		.digest = digest, .steps = en->b.progress->steps, .cached = en->b.progress->cached};
	return 0;
}

int engine_run(const struct build_request *req, struct build_result *ret, struct err *e)
{
	__attribute__((cleanup(engine_clear))) struct engine en = {
		.b = {.req = req, .store = STORE_INIT, .need = need, .cache_fd = -1},
		.stages = xcalloc(req->graph->n, sizeof(*en.stages))};
	const struct build_state *target;
	int r = build_open(&en.b, e);

	if (r < 0)
		return r;
	count_steps(&en.b);
	r = find_whole(&en, e);
	if (r == 0 && !en.stages[req->graph->target].done)
		r = engine_workers_run(&en, e);
	if (r == 0)
		r = need(&en.b, req->graph->target, &target, e);
	return r < 0 ? r : finish(&en, target, ret, e);
}
