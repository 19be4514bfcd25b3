/*
 * seal.c - packs layers of steps into blobs, and extends the base's documents for the new image.
 *
 * Promises to keep everything in the base's config, also members that we do not know.
 */
#include "image/archive/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "image/archive/export_archive.h"
#include "image/archive/export_tree.h"
#include "image/document/json_read.h"
#include "image/install.h"
#include "image/layer/pack.h"
#include "image/load.h"
#include "image/store/layer_stack.h"

struct sealing {
	const struct seal_request *req;
	struct manifest m; /* the base's, then the image's */
	size_t n_base;
	struct digest *diff_ids; /* of the steps */
	time_t *times;
};

static void sealing_clear(struct sealing *s)
{
	/* Media types of the steps' layers are constants (pack.h). */
	if (s->m.n_layers > s->n_base)
		s->m.n_layers = s->n_base;
	manifest_clear(&s->m);
	free(s->diff_ids);
	free(s->times);
}

/* The layer of a step, on its way into an archive. */
struct packing {
	const struct seal_request *req;
	int layer;
};

static int fill_layer(struct archive *a, void *arg, struct err *e)
{
	const struct packing *p = arg;

	return export_upper(p->req->store, &p->req->base, p->layer, a, e);
}

static int add_step(struct sealing *s, size_t i, struct err *e)
{
	const struct seal_step *step = &s->req->steps[i];
	cleanup_close int layer = -1;
	struct packing p = {.req = s->req};
	struct stat st;
	int r = path_open_nolinks(s->req->store->fd, step->layer, O_PATH | O_DIRECTORY, 0, &layer,
				  e);

	p.layer = layer;
	if (r == 0 && fstat(layer, &st) < 0)
		r = err_sys(e, errno, "cannot look at it");
	if (r == 0)
		r = export_layer(s->req->store, fill_layer, &p, &s->m.layers[s->n_base + i],
				 &s->diff_ids[i], e);
	if (r < 0)
		return err_add(e, "cannot seal '%s'", step->title);
	s->m.n_layers++;
	s->times[i] = st.st_mtime;
	return 0;
}

static json_t *array_of(json_t *object, const char *key)
{
	json_t *a = json_object_get(object, key);

	if (!json_is_array(a)) {
		a = json_array();
		json_object_set_new(object, key, a);
	}
	return a;
}

/* The base's config with the steps added; the caller frees it. NULL if it is not a config. */
static char *extend_config(const struct sealing *s, json_t *config)
{
	json_t *rootfs = json_object_get(config, "rootfs"), *diff_ids, *history;
	time_t last = 0;

	if (!json_is_object(rootfs))
		return NULL;
	diff_ids = array_of(rootfs, "diff_ids");
	history = array_of(config, "history");
	for (size_t i = 0; i < s->req->n_steps; i++) {
		cleanup_free char *time = image_time(s->times[i]);

		last = s->times[i] > last ? s->times[i] : last;
		json_array_append_new(diff_ids, json_string(digest_text(&s->diff_ids[i]).s));
		json_array_append_new(history,
				      json_pack("{s:s, s:s, s:s}", "created", time, "created_by",
						s->req->steps[i].title, "comment", "sandbox seal"));
	}
	if (s->req->n_steps) {
		cleanup_free char *time = image_time(last);

		json_object_set_new(config, "created", json_string(time));
	}
	return json_dumps(config, JSON_COMPACT);
}

static int write_config(struct sealing *s, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_json json_t *config = NULL;
	cleanup_free char *extended = NULL;
	int r = blob_read(s->req->store, &s->m.config.digest, CONFIG_MAX_BYTES, &text, e);

	if (r == 0)
		r = json_read(text.data, text.len, "the image's config", &config, e);
	if (r < 0)
		return r;
	extended = extend_config(s, config);
	if (!extended)
		return err_set(e, EBADMSG, "the image's config has no list of layers");
	r = blob_write(s->req->store, extended, strlen(extended), &s->m.config.digest, e);
	s->m.config.size = strlen(extended);
	return r;
}

static int write_documents(struct sealing *s, struct digest *ret, struct err *e)
{
	cleanup_free char *manifest = NULL;
	int r = write_config(s, e);

	if (r < 0)
		return r;
	manifest = manifest_format(&s->m);
	return manifest ? blob_write(s->req->store, manifest, strlen(manifest), ret, e)
			: err_set(e, ENOMEM, "cannot write the image's manifest");
}

static int load_base(struct sealing *s, struct err *e)
{
	cleanup_config struct image_config c = {0};
	size_t n = s->req->n_steps;
	int r = image_load(s->req->store, &s->req->base, &s->m, &c, e);

	if (r < 0)
		return r;
	s->n_base = s->m.n_layers;
	if (s->n_base + n > IMAGE_MAX_LAYERS)
		return err_set(e, E2BIG,
			       "the image would have %zu layers, at most %d can be stacked",
			       s->n_base + n, IMAGE_MAX_LAYERS);
	s->m.layers = xrealloc(s->m.layers, s->n_base + n + 1, sizeof(*s->m.layers));
	s->diff_ids = xcalloc(n + 1, sizeof(*s->diff_ids));
	s->times = xcalloc(n + 1, sizeof(*s->times));
	if (n)
		manifest_become_oci(&s->m);
	return 0;
}

int image_seal(const struct seal_request *req, struct digest *ret, struct err *e)
{
	__attribute__((cleanup(sealing_clear))) struct sealing s = {.req = req};
	struct install_request install = {
		.store = req->store, .conf = req->conf, .name = req->name};
	int r = load_base(&s, e);

	install.ref.manifest = req->base;
	for (size_t i = 0; r == 0 && i < req->n_steps; i++)
		r = add_step(&s, i, e);
	/* Without steps it is the base itself, under another name. */
	if (r == 0 && req->n_steps)
		r = write_documents(&s, &install.ref.manifest, e);
	if (r == 0)
		r = image_install(&install, e);
	if (r == 0)
		*ret = install.ref.manifest;
	return r;
}
