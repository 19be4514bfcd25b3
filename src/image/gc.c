/*
 * gc.c - mark and sweep over the store, while nobody else makes or starts anything.
 *
 * Promises that what is removed first loses its final name, a layer before its sidecar, so that a
 * kill leaves garbage in tmp/ but no partial layer; and that a tree which a repair replaced stays
 * while a running box may have it mounted. Refuses to sweep while something that a name or a box
 * needs cannot be read, because it would be removed. For a box whose manifest is damaged, its plan
 * names the layers; nothing names its blobs then, so all blobs stay.
 */
#include "image/gc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "base/usage.h"
#include "image/layout.h"
#include "image/load.h"
#include "image/store/build_record.h"
#include "image/store/layer_stack.h"
#include "image/store/plan.h"

/* Hex digests that are reachable, sorted before lookups. */
struct marks {
	struct strv blobs, layers, plans;
	struct strv mounted; /* layers of running boxes */
	bool mounted_unknown;
	bool keep_blobs; /* a manifest that would name some cannot be read */
};

static void marks_clear(struct marks *m)
{
	strv_clear(&m->blobs);
	strv_clear(&m->layers);
	strv_clear(&m->plans);
	strv_clear(&m->mounted);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort(struct strv *sv)
{
	if (sv->n)
		qsort(sv->v, sv->n, sizeof(*sv->v), compare);
}

static bool has(const struct strv *sorted, const char *hex)
{
	return sorted->n &&
	       bsearch(&hex, sorted->v, sorted->n, sizeof(*sorted->v), compare) != NULL;
}

static int mark_image(const struct image_store *s, const struct digest *manifest, struct marks *m,
		      struct err *e)
{
	cleanup_manifest struct manifest doc = {0};
	cleanup_config struct image_config c = {0};
	struct digest chain = {0};
	int r = image_load(s, manifest, &doc, &c, e);

	if (r < 0)
		return r;
	strv_push(&m->blobs, manifest->hex);
	strv_push(&m->plans, manifest->hex);
	strv_push(&m->blobs, doc.config.digest.hex);
	for (size_t i = 0; i < doc.n_layers; i++) {
		struct digest below = chain;

		strv_push(&m->blobs, doc.layers[i].digest.hex);
		layer_chain_id(&below, &c.diff_ids[i], &chain);
		strv_push(&m->layers, chain.hex);
	}
	return 0;
}

/* *damaged: the error concerns a single name. */
static int mark_names(const struct gc_request *req, struct marks *m, bool *damaged, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = ref_list(req->store->fd, &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		struct ref ref;

		if (req->drop && strv_has(req->drop, names.v[i]))
			continue;
		r = ref_read(req->store->fd, names.v[i], &ref, e);
		if (r == -ENOENT) { /* removed since the listing */
			r = 0;
			continue;
		}
		if (r == 0)
			r = mark_image(req->store, &ref.manifest, m, e);
		if (r == 0 && ref.index.hex[0])
			strv_push(&m->blobs, ref.index.hex);
		*damaged = r < 0;
		if (r < 0)
			return err_add(e,
				       "%s: the image '%s' is damaged ('sandbox pull' or 'sandbox "
				       "image rm' it first)",
				       req->asked ? "all layers stay" : "nothing removed",
				       names.v[i]);
	}
	return r;
}

static void mark_mounted(const struct gc_request *req, struct marks *m)
{
	__attribute__((cleanup(marks_clear))) struct marks running = {0};
	struct err ignored;

	m->mounted_unknown = !req->running;
	for (size_t i = 0; req->running && i < req->running->n; i++) {
		struct digest d = {0};

		memcpy(d.hex, req->running->v[i], DIGEST_HEX_LEN);
		if (mark_image(req->store, &d, &running, &ignored) < 0)
			m->mounted_unknown = true;
	}
	m->mounted = running.layers;
	running.layers = (struct strv){0};
}

/* What a start of the box reads. */
static int mark_plan(const struct image_store *s, const struct digest *manifest, struct marks *m,
		     struct err *e)
{
	cleanup_strv struct strv layers = {0};
	int r = image_plan_layers(s->fd, manifest, &layers, e);

	if (r < 0)
		return r;
	strv_push(&m->plans, manifest->hex);
	for (size_t i = 0; i < layers.n; i++)
		strv_push(&m->layers, path_basename(layers.v[i]));
	m->keep_blobs = true;
	return 0;
}

static int mark_boxes(const struct gc_request *req, struct marks *m, struct err *e)
{
	for (size_t i = 0; i < req->in_use->n; i++) {
		struct digest d = {0};
		struct err ignored;

		memcpy(d.hex, req->in_use->v[i], DIGEST_HEX_LEN);
		if (mark_image(req->store, &d, m, e) < 0 &&
		    mark_plan(req->store, &d, m, &ignored) < 0)
			return err_add(e,
				       "nothing removed: the image that box '%s' is made of is "
				       "damaged, and what the box needs cannot be told",
				       req->users->v[i]);
	}
	mark_mounted(req, m);
	return 0;
}

/* One directory of the store and what is removed from it. */
struct sweep {
	const struct gc_request *req;
	const struct marks *marks;
	struct gc_result *result;
	const char *folder;
	size_t *counter;
	bool (*goes)(const struct sweep *s, const char *name);
};

static bool blob_goes(const struct sweep *s, const char *name)
{
	return !s->marks->keep_blobs && !has(&s->marks->blobs, name);
}

static bool plan_goes(const struct sweep *s, const char *name)
{
	return !has(&s->marks->plans, name);
}

/* In DATA/steps/: "<key>" and "<key>.log" belong to the layer "step-<key>" (box/prepared.h). */
static bool step_goes(const struct sweep *s, const char *name)
{
	cleanup_free char *layer = xasprintf("step-%.*s", (int)strcspn(name, "."), name);

	return s->req->steps && !strv_has(s->req->steps, layer);
}

/* "<chain>", "<chain>.old-<random>"; the layers of the image `host` have other names. */
static bool layer_goes(const struct sweep *s, const char *name)
{
	cleanup_free char *chain = xstrndup(name, DIGEST_HEX_LEN);

	if (starts_with(name, "step-"))
		return s->req->steps && !strv_has(s->req->steps, name);
	if (!digest_valid_hex(chain))
		return false;
	if (starts_with(name + DIGEST_HEX_LEN, LAYER_OLD))
		return !s->marks->mounted_unknown && !has(&s->marks->mounted, chain);
	return !name[DIGEST_HEX_LEN] && !has(&s->marks->layers, chain);
}

/* "<chain>.meta", after all the layers: without its layer it is useless. */
static bool meta_goes(const struct sweep *s, const char *name)
{
	cleanup_free char *chain = xstrndup(name, DIGEST_HEX_LEN);

	return digest_valid_hex(chain) && streq(name + DIGEST_HEX_LEN, LAYER_META) &&
	       !has(&s->marks->layers, chain);
}

static bool tmp_goes(const struct sweep *s, const char *name)
{
	return starts_with(name, IMAGE_TMP_PREFIX) ||
	       (s->req->partial && starts_with(name, IMAGE_PART_PREFIX));
}

static int remove_entry(const struct sweep *s, const char *name, struct err *e)
{
	const struct image_store *store = s->req->store;
	cleanup_free char *path = xasprintf("%s/%s", s->folder, name);

	return streq(s->folder, "tmp") ? file_remove_tree(store->fd, path, e)
				       : image_store_discard(store, path, e);
}

/* Something that has gone meanwhile counts as nothing. */
static void count(const struct sweep *s, const char *name)
{
	cleanup_free char *path = path_join(s->folder, name);
	struct err ignored;
	struct stat st;
	uint64_t bytes;
	bool whole;

	/* A symlink is the name that a layer had in format 2. */
	if (fstatat(s->req->store->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
		return;
	(*s->counter)++;
	if (usage_of_tree(s->req->store->fd, path, &bytes, &whole, &ignored) == 0)
		s->result->bytes += bytes;
}

static int sweep_folder(struct sweep *s, struct err *e)
{
	const struct image_store *store = s->req->store;
	cleanup_strv struct strv names = {0};
	int r = dir_names(store->fd, s->folder, &names, e);

	if (r < 0)
		return r == -ENOENT ? 0 : err_add(e, "'%s'", store->path);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		const char *name = names.v[i];

		if (name[0] == '.' || !s->goes(s, name))
			continue;
		count(s, name);
		if (!s->req->dry_run)
			r = remove_entry(s, name, e);
	}
	return r;
}

static int drop_names(const struct gc_request *req, struct gc_result *result, struct err *e)
{
	int r = 0;

	result->names = req->drop ? req->drop->n : 0;
	if (req->dry_run)
		return 0;
	for (size_t i = 0; r == 0 && i < result->names; i++)
		r = ref_remove(req->store->fd, req->drop->v[i], e);
	return r < 0 ? r : layout_update(req->store, e);
}

/* Layers of builds are for the next build, until somebody prunes. */
static int mark_builds(const struct gc_request *req, struct marks *m, struct err *e)
{
	cleanup_strv struct strv keys = {0};
	int r = req->steps ? 0 : build_record_list(req->store->fd, &keys, e);

	for (size_t i = 0; r == 0 && i < keys.n; i++) {
		struct build_record record;
		struct digest key = {0};
		struct err ignored;

		memcpy(key.hex, keys.v[i], DIGEST_HEX_LEN);
		/* One that cannot be read leads nobody to a layer. */
		if (build_record_read(req->store->fd, &key, &record, &ignored) < 0)
			continue;
		strv_push(&m->blobs, record.blob.hex);
		strv_push(&m->layers, record.chain.hex);
	}
	return r;
}

/* *ret_sweep: false if only the names that were asked for may be removed. */
static int mark_all(const struct gc_request *req, struct marks *m, bool *ret_sweep, struct err *e)
{
	bool damaged = false;
	int r = mark_boxes(req, m, e);

	if (r == 0)
		r = mark_builds(req, m, e);
	if (r == 0)
		r = mark_names(req, m, &damaged, e);
	if (damaged && req->asked) {
		log_warn("%s", e->msg);
		*ret_sweep = false;
		return 0;
	}
	if (r < 0)
		return r;
	sort(&m->blobs);
	sort(&m->layers);
	sort(&m->mounted);
	sort(&m->plans);
	*ret_sweep = true;
	return 0;
}

int image_gc(const struct gc_request *req, struct gc_result *result, struct err *e)
{
	__attribute__((cleanup(marks_clear))) struct marks marks = {0};
	size_t steps = 0, metas = 0; /* counted as layers */
	/* Plans and steps first: without one, nobody looks for the layers. */
	struct sweep sweeps[] = {
		{.folder = "plans", .counter = &result->plans, .goes = plan_goes},
		{.folder = "steps", .counter = &steps, .goes = step_goes},
		{.folder = "layers", .counter = &result->layers, .goes = layer_goes},
		{.folder = "layers", .counter = &metas, .goes = meta_goes},
		{.folder = "blobs/sha256", .counter = &result->blobs, .goes = blob_goes},
		{.folder = "tmp", .counter = &result->temporary, .goes = tmp_goes},
	};
	bool sweep = false;
	int r;

	*result = (struct gc_result){0};
	r = mark_all(req, &marks, &sweep, e);
	if (r == 0)
		r = drop_names(req, result, e);
	for (size_t i = 0; r == 0 && sweep && i < ARRAY_SIZE(sweeps); i++) {
		sweeps[i].req = req;
		sweeps[i].marks = &marks;
		sweeps[i].result = result;
		r = sweep_folder(&sweeps[i], e);
	}
	return r;
}
