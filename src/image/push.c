/*
 * push.c - uploading what the registry does not have.
 *
 * For each blob: does the registry have it (HEAD)? Else, can it be mounted from another repository
 * of the same registry that we know to have it? Else it is uploaded.
 */
#include "image/push.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/report.h"
#include "image/document/manifest.h"
#include "image/name/ref.h"
#include "image/registry/registry.h"

/* A name of ours on the same registry, and the blobs of its image. */
struct neighbour {
	char *path;
	struct manifest m;
};

struct push {
	const struct push_request *req;
	struct registry *registry;
	struct neighbour *neighbours;
	size_t n_neighbours;
	struct push_result *result;
	int transfer;
};

static void push_clear(struct push *p)
{
	for (size_t i = 0; i < p->n_neighbours; i++) {
		free(p->neighbours[i].path);
		manifest_clear(&p->neighbours[i].m);
	}
	free(p->neighbours);
	registry_close(p->registry);
}

static int load_manifest(const struct image_store *s, const struct digest *d, struct buf *text,
			 struct manifest *ret, struct err *e)
{
	int r = blob_read(s, d, MANIFEST_MAX_BYTES, text, e);

	return r < 0 ? r : manifest_parse(text->data, text->len, ret, e);
}

static void add_neighbour(struct push *p, const char *name)
{
	cleanup_reference struct reference ref = {0};
	cleanup_buf struct buf text = BUF_INIT;
	struct neighbour *n;
	struct err ignored;
	struct ref target;

	if (reference_parse(name, p->req->conf->registry, &ref, &ignored) < 0 ||
	    !streq(ref.registry, p->req->to->registry) || streq(ref.path, p->req->to->path) ||
	    ref_read(p->req->store->fd, name, &target, &ignored) < 0)
		return;
	p->neighbours = xrealloc(p->neighbours, p->n_neighbours + 1, sizeof(*p->neighbours));
	n = &p->neighbours[p->n_neighbours];
	*n = (struct neighbour){0};
	if (load_manifest(p->req->store, &target.manifest, &text, &n->m, &ignored) < 0)
		return;
	n->path = take_ptr(ref.path);
	p->n_neighbours++;
}

static int find_neighbours(struct push *p, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = ref_list(p->req->store->fd, &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++)
		add_neighbour(p, names.v[i]);
	return r;
}

static bool has_layer(const struct manifest *m, const struct digest *d)
{
	for (size_t i = 0; i < m->n_layers; i++)
		if (digest_equal(&m->layers[i].digest, d))
			return true;
	return false;
}

static int try_mount(struct push *p, const struct digest *d, bool *ret, struct err *e)
{
	for (size_t i = 0; i < p->n_neighbours; i++)
		if (has_layer(&p->neighbours[i].m, d))
			return registry_mount_blob(p->registry, d, p->neighbours[i].path, ret, e);
	*ret = false;
	return 0;
}

static void report(void *ctx, uint64_t done)
{
	const struct push *p = ctx;

	report_transfer_done(p->transfer, done);
}

static int upload(struct push *p, const struct descriptor *d, struct err *e)
{
	cleanup_close int fd = -1;
	int r = blob_open(p->req->store, &d->digest, &fd, e);

	if (r == 0) {
		report_transfer_word(p->transfer, "pushing");
		r = registry_put_blob(p->registry, &d->digest, fd, d->size, report, p, e);
	}
	return r;
}

static int push_blob(struct push *p, const struct descriptor *d, struct err *e)
{
	char label[13];
	bool there = false, mounted = false;
	int r;

	snprintf(label, sizeof(label), "%.12s", d->digest.hex);
	p->transfer = report_transfer(label, "asking", d->size);
	r = registry_has_blob(p->registry, &d->digest, &there, e);
	if (r == 0 && !there)
		r = try_mount(p, &d->digest, &mounted, e);
	if (r == 0 && !there && !mounted)
		r = upload(p, d, e);
	if (r < 0)
		return err_add(e, "layer %s", label);
	p->result->existing += there;
	p->result->mounted += mounted;
	p->result->uploaded += !there && !mounted;
	report_transfer_end(p->transfer, there ? "there already" : mounted ? "mounted" : "pushed");
	return 0;
}

static int push_all(struct push *p, const struct ref *ref, struct err *e)
{
	cleanup_manifest struct manifest m = {0};
	cleanup_buf struct buf text = BUF_INIT;
	const struct reference *to = p->req->to;
	int r = load_manifest(p->req->store, &ref->manifest, &text, &m, e);

	for (size_t i = 0; r == 0 && i < m.n_layers; i++)
		if (manifest_layer_is_first(&m, i))
			r = push_blob(p, &m.layers[i], e);
	if (r == 0)
		r = push_blob(p, &m.config, e);
	if (r == 0)
		r = registry_put_manifest(p->registry, to->tag, m.media_type, text.data, text.len,
					  e);
	p->result->digest = ref->manifest;
	return r;
}

int image_push(const struct push_request *req, struct push_result *result, struct err *e)
{
	__attribute__((cleanup(push_clear))) struct push p = {.req = req, .result = result};
	cleanup_free char *to = reference_text(req->to);
	struct ref ref;
	int r = ref_read(req->store->fd, req->name, &ref, e);

	*result = (struct push_result){0};
	if (r == -ENOENT)
		return err_set(e, ENOENT, "cannot push '%s': there is no such image here",
			       req->name);
	if (r == 0)
		r = registry_open(req->conf, req->to, NULL, REGISTRY_PUSH, &p.registry, e);
	if (r == 0)
		r = find_neighbours(&p, e);
	if (r == 0)
		r = push_all(&p, &ref, e);
	return r < 0 ? err_add(e, "cannot push '%s'", to) : 0;
}
