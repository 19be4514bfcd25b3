/*
 * verify.c - reading all of the store, and repairing what can be repaired without its source.
 *
 * A blob is checked once, however many images need it. An unpacked layer is compared with what its
 * blob contains (layer_check of install.h), since its files have no digests. What follows from the
 * blobs is repaired - layers, plans, names that index.json still has, the files of the OCI layout
 * -; a blob cannot be, because its bytes exist nowhere else.
 */
#include "image/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "image/install.h"
#include "image/layout.h"
#include "image/load.h"
#include "image/name/ref.h"
#include "image/registry/registry.h"

#define REPAIR_MENDS_IT "'sandbox image verify --repair' repairs it"

struct verify {
	const struct verify_request *req;
	const struct image_store *store;
	struct strv seen, bad; /* hex of blobs that were read, and of the damaged ones */
	struct strv done;      /* manifests whose layers were checked */
	char *image;	       /* being checked, for display; or NULL */
	bool is_box;
	size_t problems;
};

static void tell(struct verify *v, const struct verify_problem *p)
{
	v->problems += !p->mended;
	v->req->problem(v->req->ctx, p);
}

/* The command that gets the image's bytes again; the caller frees it. */
static char *source_of(const struct verify *v)
{
	if (!v->image)
		return v->req->repair ? NULL
				      : xstrdup("'sandbox image verify --repair' removes it");
	if (v->is_box)
		return xasprintf("a box is made of it: 'sandbox enter --rebuild' in its project");
	return xasprintf("'sandbox pull %s', or 'sandbox image import' of what it came from",
			 v->image);
}

static void tell_blob(struct verify *v, const char *name, const char *what, bool mended)
{
	cleanup_free char *help = mended ? NULL : source_of(v);

	tell(v,
	     &(struct verify_problem){
		     .kind = "blob", .name = name, .what = what, .help = help, .mended = mended});
}

/* A damaged blob that no name needs is useless, and only in the way of a pull. */
static bool remove_blob(const struct verify *v, const char *name, struct err *e)
{
	cleanup_free char *path = xasprintf("blobs/sha256/%s", name);

	return v->req->repair && !v->req->keep && image_store_discard(v->store, path, e) == 0;
}

/* An error is a problem of this machine, not of the blob. */
static int check_blob(struct verify *v, const struct digest *d, bool needed, struct err *e)
{
	int r;

	if (strv_has(&v->seen, d->hex))
		return 0;
	if (registry_interrupted())
		return err_set(e, EINTR, "interrupted");
	strv_push(&v->seen, d->hex);
	r = blob_check(v->store, d, e);
	if (r == 0)
		return 0;
	strv_push(&v->bad, d->hex);
	if (err_is_lack(r))
		return r;
	tell_blob(v, digest_text(d).s,
		  r == -ENOENT	  ? "is missing"
		  : r == -EBADMSG ? "is corrupt: its bytes have another digest"
				  : e->msg,
		  !needed && remove_blob(v, d->hex, e));
	return 0;
}

static void tell_damage(void *ctx, const char *kind, const struct digest *name, const char *what,
			bool mended)
{
	struct verify *v = ctx;
	cleanup_free char *help = NULL;

	/* "cannot ..." already explains itself. */
	if (!mended && !starts_with(what, "cannot"))
		help = v->req->repair ? source_of(v) : xstrdup(REPAIR_MENDS_IT);
	tell(v, &(struct verify_problem){.kind = kind,
					 .name = name->hex,
					 .what = what,
					 .help = help,
					 .mended = mended});
}

/* The bytes match the digest, but are malformed. */
static int no_image(struct verify *v, const struct ref *ref, const struct err *e)
{
	cleanup_free char *help = source_of(v);

	tell(v, &(struct verify_problem){.kind = "image",
					 .name = v->image ? v->image : ref->manifest.hex,
					 .what = e->msg,
					 .help = help});
	return 0;
}

static int check_layers(struct verify *v, const struct ref *ref, struct err *e)
{
	struct layer_check check = {.replace = v->req->repair,
				    .go_on = true,
				    .bad_blobs = &v->bad,
				    .damaged = tell_damage,
				    .ctx = v};
	struct install_request req = {
		.store = v->store, .conf = v->req->conf, .ref = *ref, .check = &check};
	int r;

	if (strv_has(&v->done, ref->manifest.hex))
		return 0;
	strv_push(&v->done, ref->manifest.hex);
	r = image_install(&req, e);
	/* The manifest is wrong about its blobs' sizes: that affects no other image. */
	return r == -EBADMSG ? no_image(v, ref, e) : r;
}

/* The documents say what else there has to be. */
static int check_image(struct verify *v, const struct ref *ref, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_manifest struct manifest m = {0}, whole = {0};
	cleanup_config struct image_config c = {0};
	int r = check_blob(v, &ref->manifest, true, e);

	if (r == 0 && ref->index.hex[0])
		r = check_blob(v, &ref->index, true, e);
	if (r < 0 || strv_has(&v->bad, ref->manifest.hex))
		return r;
	r = blob_read(v->store, &ref->manifest, MANIFEST_MAX_BYTES, &text, e);
	if (r == 0)
		r = manifest_parse(text.data, text.len, &m, e);
	if (r < 0)
		return no_image(v, ref, e);
	r = check_blob(v, &m.config.digest, true, e);
	for (size_t i = 0; r == 0 && i < m.n_layers; i++)
		r = check_blob(v, &m.layers[i].digest, true, e);
	if (r < 0 || strv_has(&v->bad, m.config.digest.hex))
		return r;
	if (image_load(v->store, &ref->manifest, &whole, &c, e) < 0)
		return no_image(v, ref, e);
	return check_layers(v, ref, e);
}

/* A name whose file is damaged: index.json may still have it. */
static int mend_name(struct verify *v, const char *name, struct ref *ret, struct err *e)
{
	cleanup_manifest struct manifest m = {0};
	cleanup_config struct image_config c = {0};
	struct ref ref = {0};
	int r = layout_find(v->store, name, &ref.manifest, e);

	if (r == 0)
		r = image_load(v->store, &ref.manifest, &m, &c, e);
	if (r == 0)
		r = ref_write(v->store->fd, name, &ref, e);
	if (r == 0)
		*ret = ref;
	return r;
}

static int check_name(struct verify *v, const char *name, struct err *e)
{
	cleanup_free char *help = NULL;
	struct ref ref;
	struct err why;
	bool mended;
	int r = ref_read(v->store->fd, name, &ref, e);

	free(v->image);
	v->image = reference_short(name, v->req->conf->registry);
	if (r == 0)
		return check_image(v, &ref, e);
	/* Removed since the listing. */
	if (r == -ENOENT)
		return 0;
	mended = v->req->repair && mend_name(v, name, &ref, &why) == 0;
	help = mended ? NULL : source_of(v);
	tell(v, &(struct verify_problem){.kind = "image",
					 .name = v->image,
					 .what = r == -EBADMSG ? "has a damaged file in refs/"
							       : e->msg,
					 .help = help,
					 .mended = mended});
	return mended ? check_image(v, &ref, e) : 0;
}

static int check_box(struct verify *v, const char *hex, struct err *e)
{
	struct ref ref = {0};

	if (!digest_valid_hex(hex) || strv_has(&v->done, hex))
		return 0;
	memcpy(ref.manifest.hex, hex, DIGEST_HEX_LEN);
	free(v->image);
	v->image = xstrdup(digest_text(&ref.manifest).s);
	v->is_box = true;
	return check_image(v, &ref, e);
}

static int check_other_blobs(struct verify *v, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = dir_names(v->store->fd, "blobs/sha256", &names, e);

	free(take_ptr(v->image));
	v->is_box = false;
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		struct digest d = {0};

		if (names.v[i][0] == '.')
			continue;
		if (!digest_valid_hex(names.v[i])) {
			tell_blob(v, names.v[i], "is not a digest", remove_blob(v, names.v[i], e));
			continue;
		}
		memcpy(d.hex, names.v[i], DIGEST_HEX_LEN);
		r = check_blob(v, &d, false, e);
	}
	return r;
}

/* The files by which other tools recognize the store: written from refs/ again. */
static int check_file(struct verify *v, const char *kind, const char *name,
		      int (*check)(const struct image_store *s, struct err *e),
		      int (*make)(const struct image_store *s, struct err *e), struct err *e)
{
	struct err why;
	int r = check(v->store, e);

	if (r != -EBADMSG)
		return r;
	why = *e;
	if (v->req->repair && (r = make(v->store, e)) < 0)
		return r;
	tell(v, &(struct verify_problem){.kind = kind,
					 .name = name,
					 .what = why.msg,
					 .help = v->req->repair ? NULL : REPAIR_MENDS_IT,
					 .mended = v->req->repair});
	return 0;
}

static int check_all(struct verify *v, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && v->req->boxes && i < v->req->boxes->n; i++)
		r = check_box(v, v->req->boxes->v[i], e);
	if (r == 0)
		r = check_other_blobs(v, e);
	if (r == 0)
		r = check_file(v, "layout", "oci-layout", layout_check_mark, layout_mark, e);
	if (r == 0)
		r = check_file(v, "index", "index.json", layout_check_index, layout_update, e);
	return r;
}

int image_verify(const struct verify_request *req, size_t *ret_problems, struct err *e)
{
	struct verify v = {.req = req, .store = req->store};
	cleanup_strv struct strv all = {0};
	const struct strv *names = req->names ? req->names : &all;
	int r = req->names ? 0 : ref_list(req->store->fd, &all, e);

	for (size_t i = 0; r == 0 && i < names->n; i++)
		r = check_name(&v, names->v[i], e);
	if (r == 0 && !req->names)
		r = check_all(&v, e);
	/* A repaired name counts as new. */
	if (r == 0 && req->repair && !layout_is_current(req->store))
		r = layout_update(req->store, e);
	strv_clear(&v.seen);
	strv_clear(&v.bad);
	strv_clear(&v.done);
	free(v.image);
	if (r == 0)
		*ret_problems = v.problems;
	return r;
}
