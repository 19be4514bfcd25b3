/*
 * import_oci.c - OCI layouts: which entries of index.json are one image, and what it needs.
 *
 * An image keeps its manifest, byte for byte. Entries of one name are platforms of one image; so are
 * those of an index that index.json leads to. What is no image is left out, with a note.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "image/archive/importing.h"
#include "image/document/pick.h"

static int need_image(struct importing *im, const struct digest *manifest, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_manifest struct manifest m = {0};
	int r = blob_read(im->req->store, manifest, MANIFEST_MAX_BYTES, &text, e);

	if (r == 0)
		r = manifest_parse(text.data, text.len, &m, e);
	if (r == 0)
		r = bundle_need_blob(&im->bundle, &m.config, e);
	for (size_t i = 0; r == 0 && i < m.n_layers; i++)
		r = bundle_need_blob(&im->bundle, &m.layers[i], e);
	return r;
}

static bool same_name(const struct index_entry *a, const struct index_entry *b)
{
	return a->ref_name && b->ref_name ? streq(a->ref_name, b->ref_name)
					  : a->ref_name == b->ref_name;
}

static bool is_first(const struct image_index *index, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (same_name(&index->v[j], &index->v[i]))
			return false;
	return true;
}

/* An image of the layout. */
struct chosen {
	const char *name; /* as the layout has it, or NULL */
	struct ref ref;
};

static int need_document(void *ctx, const struct descriptor *d, bool config, struct err *e)
{
	struct importing *im = ctx;

	(void)config;
	return bundle_need_blob(&im->bundle, d, e);
}

/* Of the entries with the name of this one, that for this machine. */
static int choose(struct importing *im, const struct image_index *index,
		  const struct index_entry *of, struct ref *ret, struct err *e)
{
	cleanup_free struct index_entry *same = xcalloc(index->n, sizeof(*same));
	cleanup_platform struct platform host = {0};
	struct pick pick = {
		.store = im->req->store, .want = &host, .need = need_document, .ctx = im};
	struct image_index group = {.v = same};

	for (size_t i = 0; i < index->n; i++)
		if (same_name(&index->v[i], of))
			same[group.n++] = index->v[i];
	platform_host(&host);
	*ret = (struct ref){0};
	return pick_image(&pick, &group, &ret->manifest, &ret->index, e);
}

/* A whole name of the source's own, else the source's file name with the tag. */
static char *own_name(const struct importing *im, const char *ref_name)
{
	cleanup_free char *base = import_base_name(im->path);

	if (ref_name && strpbrk(ref_name, "/:"))
		return xstrdup(ref_name);
	return ref_name ? xasprintf("%s:%s", base, ref_name) : xstrdup(base);
}

static bool has_manifest(const struct chosen *v, size_t n, const struct digest *manifest)
{
	for (size_t i = 0; i < n; i++)
		if (digest_equal(&v[i].ref.manifest, manifest))
			return true;
	return false;
}

static bool is_wanted(const struct importing *im, const struct index_entry *entry)
{
	return !im->tag || (entry->ref_name && import_has_tag(entry->ref_name, im->tag));
}

/*
 * The images, those with names first. What has none beside them is mostly of theirs - a signature, a list
 * of contents, one of an image's platforms: it is left out when it is no image or is one of them.
 */
static int choose_all(struct importing *im, const struct image_index *index, bool named,
		      struct chosen *v, size_t *n, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < index->n; i++) {
		const struct index_entry *entry = &index->v[i];
		char quoted[200];

		if (!entry->ref_name == named || !is_first(index, i) || !is_wanted(im, entry))
			continue;
		r = choose(im, index, entry, &v[*n].ref, e);
		v[*n].name = entry->ref_name;
		if (r == 0 && (named || !has_manifest(v, *n, &v[*n].ref.manifest)))
			++*n;
		if (r == -ENOTSUP || (r < 0 && !named && *n)) {
			log_note("%s of '%s' is left out: %s",
				 named ? err_quote(quoted, sizeof(quoted), entry->ref_name)
				       : "what has no name",
				 im->path, e->msg);
			r = 0;
		}
	}
	return r;
}

static int several(const struct chosen *v, size_t n, struct err *e)
{
	cleanup_strv struct strv names = {0};

	for (size_t i = 0; i < n; i++)
		strv_push(&names, v[i].name ? v[i].name : "(no tag)");
	return import_several(&names, e);
}

int import_oci(struct importing *im, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_index struct image_index index = {0};
	cleanup_free struct chosen *v = NULL;
	size_t n = 0;
	int r = bundle_read(&im->bundle, "index.json", &text, e);

	if (r == 0)
		r = index_parse(text.data, text.len, &index, e);
	if (r < 0)
		return r;
	v = xcalloc(index.n + 1, sizeof(*v));
	e->code = 0;
	r = choose_all(im, &index, true, v, &n, e);
	if (r == 0)
		r = choose_all(im, &index, false, v, &n, e);
	if (r < 0)
		return r;
	/* What was left out is why there is nothing. */
	if (!n)
		return e->code ? -e->code : import_no_image(im, e);
	if (im->req->name && n > 1)
		return several(v, n, e);
	for (size_t i = 0; r == 0 && i < n; i++) {
		cleanup_free char *own = own_name(im, v[i].name);

		r = need_image(im, &v[i].ref.manifest, e);
		if (r == 0)
			r = import_install(im, &v[i].ref, im->req->name ? im->req->name : own, e);
	}
	return r;
}
