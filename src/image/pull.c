/*
 * pull.c - from a reference to an installed image.
 *
 *	1  the name is here already	HEAD: does the tag still mean it? Then only 4, as a repair
 *	2  the tag's document		an index: the manifest of the platform is chosen from it
 *	3  manifest and config		small, into the store at once, digests checked
 *	4  layers			image_install(), with download.c; existing ones that
 *					were touched are compared with what they should be
 *
 * Promises that a name changes only when its whole image is here and intact. Mirrors are tried
 * first, in order; a mirror is trusted for what a tag means (that is its purpose), but never for
 * content, which digests decide.
 */
#include "image/pull.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "image/document/pick.h"
#include "image/install.h"
#include "image/load.h"
#include "image/registry/download.h"
#include "image/registry/registry.h"
#include "image/store/plan.h"

#define ENDPOINTS_MAX 9

struct pull {
	const struct pull_request *req;
	struct platform platform; /* the requested one */
	char *name;		  /* in the form of ref_name() */
	struct registry *endpoints[ENDPOINTS_MAX];
	size_t n;
};

static void pull_clear(struct pull *p)
{
	for (size_t i = 0; i < p->n; i++)
		registry_close(p->endpoints[i]);
	platform_clear(&p->platform);
	free(p->name);
}

static int open_endpoints(struct pull *p, struct err *e)
{
	const struct pull_request *req = p->req;
	const struct registry_conf *conf = image_conf_registry(req->conf, req->ref->registry);
	size_t mirrors = conf ? conf->mirrors.n : 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < mirrors && p->n < ENDPOINTS_MAX - 1; i++) {
		r = registry_open(req->conf, req->ref, conf->mirrors.v[i], REGISTRY_PULL,
				  &p->endpoints[p->n], e);
		p->n += r == 0;
	}
	if (r == 0)
		r = registry_open(req->conf, req->ref, NULL, REGISTRY_PULL, &p->endpoints[p->n], e);
	p->n += r == 0;
	return r;
}

static void start_pull(struct pull *p, const struct pull_request *req)
{
	p->req = req;
	p->name = ref_name(req->ref);
	if (req->platform)
		platform_copy(req->platform, &p->platform);
	else
		platform_host(&p->platform);
}

/* Chooses the manifest for the requested platform from an index whose bytes are in the store. */
static int choose(struct pull *p, const struct digest *index,
		  int (*need)(void *ctx, const struct descriptor *d, bool config, struct err *e),
		  struct digest *ret, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_index struct image_index parsed = {0};
	struct pick pick = {.store = p->req->store, .want = &p->platform, .need = need, .ctx = p};
	struct digest inner;
	int r = blob_read(p->req->store, index, MANIFEST_MAX_BYTES, &text, e);

	if (r == 0)
		r = image_index_parse(text.data, text.len, &parsed, e);
	return r < 0 ? r : pick_image(&pick, &parsed, ret, &inner, e);
}

static int must_be_here(void *ctx, const struct descriptor *d, bool config, struct err *e)
{
	const struct pull *p = ctx;

	(void)config;
	return blob_is_local(p->req->store, &d->digest)
		       ? 0
		       : err_set(e, ENOENT, "the blob %s is not here", digest_text(&d->digest).s);
}

/* Is what the tag means now already here, for this platform and ready to run? */
static bool is_current(struct pull *p, const struct ref *have, const struct digest *now)
{
	cleanup_image_plan struct image_plan plan = {0};
	cleanup_manifest struct manifest m = {0};
	cleanup_config struct image_config c = {0};
	struct digest chosen = *now;
	struct err ignored;

	if (have->index.hex[0] && digest_equal(now, &have->index) &&
	    choose(p, now, must_be_here, &chosen, &ignored) < 0)
		return false;
	return digest_equal(&chosen, &have->manifest) &&
	       image_load(p->req->store, &have->manifest, &m, &c, &ignored) == 0 &&
	       image_plan_read(p->req->store->fd, &have->manifest, &plan, &ignored) == 0 &&
	       image_plan_is_whole(p->req->store->fd, &plan);
}

static bool nothing_to_do(struct pull *p, const struct ref *have)
{
	const struct reference *ref = p->req->ref;
	struct digest now;
	struct err ignored;

	if (ref->digest.hex[0])
		return is_current(p, have, &ref->digest);
	for (size_t i = 0; i < p->n; i++)
		if (registry_digest(p->endpoints[i], ref->tag, &now, &ignored) == 0)
			return is_current(p, have, &now);
	return false;
}

static void no_document(const struct registry *from, const char *type, struct err *e)
{
	cleanup_free char *label = registry_label(from);
	char quoted[200];

	err_set(e, EBADMSG, "%s answers with '%s', which is not the manifest of an image", label,
		err_quote(quoted, sizeof(quoted), type));
}

/*
 * Fetches a document by tag or digest from the first endpoint that has it. Other pages, as of
 * mirrors that want a login in a browser, do not count.
 */
static int fetch_document(struct pull *p, const char *what, struct buf *text,
			  struct digest *ret_digest, enum document *ret_kind, struct err *e)
{
	struct digest digest;
	int r = -ENOENT;

	for (size_t i = 0; i < p->n; i++) {
		cleanup_free char *type = NULL;

		buf_reset(text);
		r = registry_manifest(p->endpoints[i], what, text, &type, &digest, e);
		if (r == 0)
			r = document_kind(text->data, text->len, type, ret_kind, e);
		if (r == 0 || r == -EINTR)
			break;
		if (r == -EBADMSG && type && !document_type_known(type))
			no_document(p->endpoints[i], type, e);
		log_debug("%s: %s", p->name, e->msg);
	}
	if (r == 0)
		*ret_digest = digest;
	return r;
}

static int store_document(struct pull *p, const char *what, struct digest *ret,
			  enum document *ret_kind, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	enum document kind;
	struct digest given;
	int r = fetch_document(p, what, &text, &given, &kind, e);

	if (r == 0)
		r = blob_write(p->req->store, text.data, text.len, ret, e);
	if (r == 0)
		*ret_kind = kind;
	return r;
}

static int fetch_config(struct pull *p, const struct descriptor *d, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct digest same;
	int r = -ENOENT;

	if (d->size <= CONFIG_MAX_BYTES && blob_is_sound(p->req->store, &d->digest))
		return 0;
	if (d->size > CONFIG_MAX_BYTES)
		return err_set(e, EFBIG, "the image's config has %llu bytes; at most %u are taken",
			       (unsigned long long)d->size, CONFIG_MAX_BYTES);
	for (size_t i = 0; r < 0 && r != -EINTR && i < p->n; i++)
		r = registry_text(p->endpoints[i], &d->digest, d->size, &text, e);
	return r < 0 ? err_add(e, "cannot get the image's config")
		     : blob_write(p->req->store, text.data, text.len, &same, e);
}

/*
 * For an index being searched: fetches its documents, and the config of an entry without a
 * platform.
 */
static int need_document(void *ctx, const struct descriptor *d, bool config, struct err *e)
{
	struct pull *p = ctx;
	struct digest same;
	enum document kind;

	if (blob_is_sound(p->req->store, &d->digest))
		return 0;
	if (config)
		return fetch_config(p, d, e);
	return store_document(p, digest_text(&d->digest).s, &same, &kind, e);
}

/* Fills *ret with what the reference means; its documents are then in the store. */
static int find_manifest(struct pull *p, struct ref *ret, struct err *e)
{
	const struct reference *ref = p->req->ref;
	cleanup_free char *what = NULL;
	struct digest top, manifest;
	enum document kind;
	int r;

	what = ref->digest.hex[0] ? xstrdup(digest_text(&ref->digest).s) : xstrdup(ref->tag);
	r = store_document(p, what, &top, &kind, e);
	if (r < 0)
		return r;
	if (kind == DOCUMENT_MANIFEST) {
		*ret = (struct ref){.manifest = top};
		return 0;
	}
	r = choose(p, &top, need_document, &manifest, e);
	if (r == 0)
		*ret = (struct ref){.manifest = manifest, .index = top};
	return r;
}

static void warn_of_platform(const struct pull *p, const struct image_config *c)
{
	cleanup_free char *theirs = platform_text(&c->platform), *ours = NULL;
	char quoted[200];

	if (p->req->platform || !c->platform.os || !c->platform.arch ||
	    platform_fitness(&c->platform, &p->platform))
		return;
	ours = platform_text(&p->platform);
	log_warn("'%s' is made for %s, and this machine is %s: its programs run only under "
		 "an emulator",
		 p->name, err_quote(quoted, sizeof(quoted), theirs), ours);
}

static void note_mended(void *ctx, const char *kind, const struct digest *name, const char *what,
			bool mended)
{
	atomic_bool *any = ctx;

	log_debug("%s %s: %s", kind, name->hex, what);
	if (mended)
		*any = true;
}

static void note_refetched(void *ctx, const struct digest *blob)
{
	atomic_bool *any = ctx;

	log_debug("the blob %s was corrupt", blob->hex);
	*any = true;
}

/* Its documents are here. */
static int install(struct pull *p, const struct ref *ref, struct pull_result *result, struct err *e)
{
	atomic_bool mended = false;
	struct layer_check check = {.replace = true,
				    .touched = true,
				    .damaged = note_mended,
				    .refetched = note_refetched,
				    .ctx = &mended};
	struct download_from from = {.store = p->req->store, .registries = p->endpoints, .n = p->n};
	struct install_request req = {.store = p->req->store,
				      .conf = p->req->conf,
				      .name = p->req->unnamed ? NULL : p->name,
				      .ref = *ref,
				      .fetch = {download_begin, download_end, &from},
				      .check = &check};
	int r = image_install(&req, e);

	result->digest = ref->manifest;
	result->mended = mended;
	result->downloaded = from.received;
	return r;
}

static int fetch_image(struct pull *p, const struct ref *have, struct pull_result *result,
		       struct err *e)
{
	cleanup_manifest struct manifest m = {0}, again = {0};
	cleanup_config struct image_config c = {0};
	cleanup_buf struct buf text = BUF_INIT;
	struct ref ref;
	int r = find_manifest(p, &ref, e);

	if (r == 0)
		r = blob_read(p->req->store, &ref.manifest, MANIFEST_MAX_BYTES, &text, e);
	if (r == 0)
		r = manifest_parse(text.data, text.len, &m, e);
	if (r == 0)
		r = manifest_is_image(&m, e);
	if (r == 0)
		r = fetch_config(p, &m.config, e);
	if (r == 0)
		r = image_load(p->req->store, &ref.manifest, &again, &c, e);
	if (r < 0)
		return r;
	warn_of_platform(p, &c);
	r = install(p, &ref, result, e);
	result->changed = !have || !digest_equal(&have->manifest, &ref.manifest);
	/* It was damaged or incomplete, or we would not be here. */
	result->mended = !result->changed;
	result->layers = m.n_layers;
	return r;
}

int image_pull(const struct pull_request *req, struct pull_result *result, struct err *e)
{
	__attribute__((cleanup(pull_clear))) struct pull p = {0};
	struct ref have;
	struct err none;
	bool known;
	int r;

	start_pull(&p, req);
	r = open_endpoints(&p, e);
	if (r < 0)
		return err_add(e, "cannot pull '%s'", p.name);
	*result = (struct pull_result){0};
	known = !req->unnamed && ref_read(req->store->fd, p.name, &have, &none) == 0;
	r = known && nothing_to_do(&p, &have) ? install(&p, &have, result, e)
					      : fetch_image(&p, known ? &have : NULL, result, e);
	return r < 0 ? err_add(e, "cannot pull '%s'", p.name) : 0;
}

/* Looks up the name in the second stores; copies its small documents into ours. */
static int find_lent(struct pull *p, struct ref *ret, struct err *e)
{
	const struct image_store *s = p->req->store;

	for (size_t i = 0; i < s->lender_paths.n; i++)
		if (ref_read(s->lender_fds[i], p->name, ret, e) == 0)
			return 0;
	return err_set(e, ENOENT, "there is no image '%s' here", p->name);
}

static int copy_document(const struct image_store *s, const struct digest *d, size_t max,
			 struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct digest same;
	int r = blob_read(s, d, max, &text, e);

	return r < 0 ? r : blob_write(s, text.data, text.len, &same, e);
}

static int copy_lent(struct pull *p, const struct ref *ref, struct err *e)
{
	const struct image_store *s = p->req->store;
	cleanup_manifest struct manifest m = {0};
	cleanup_config struct image_config c = {0};
	int r = copy_document(s, &ref->manifest, MANIFEST_MAX_BYTES, e);

	if (r == 0 && ref->index.hex[0])
		r = copy_document(s, &ref->index, MANIFEST_MAX_BYTES, e);
	if (r == 0)
		r = image_load(s, &ref->manifest, &m, &c, e);
	return r < 0 ? r : copy_document(s, &m.config.digest, CONFIG_MAX_BYTES, e);
}

/* The image of a box is requested by its digest, and has no name. */
static bool find_digest(const struct pull_request *req, struct ref *ret)
{
	cleanup_manifest struct manifest m = {0};
	cleanup_config struct image_config c = {0};
	struct err none;

	if (!req->ref->digest.hex[0] ||
	    image_load(req->store, &req->ref->digest, &m, &c, &none) < 0)
		return false;
	ret->manifest = req->ref->digest;
	return true;
}

int image_prepare(const struct pull_request *req, struct err *e)
{
	__attribute__((cleanup(pull_clear))) struct pull p = {0};
	struct install_request install = {.store = req->store, .conf = req->conf};
	struct err none;
	int r;

	start_pull(&p, req);
	if (find_digest(req, &install.ref))
		return image_install(&install, e);
	install.name = p.name;
	r = ref_read(req->store->fd, p.name, &install.ref, &none);
	if (r == -ENOENT) {
		r = find_lent(&p, &install.ref, e);
		if (r == 0)
			r = copy_lent(&p, &install.ref, e);
	} else if (r < 0) {
		*e = none;
	}
	return r < 0 ? r : image_install(&install, e);
}
