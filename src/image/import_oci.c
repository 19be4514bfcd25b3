/*
 * import_oci.c - OCI layouts: which entries of index.json are one image, and what it needs.
 *
 * An image keeps its manifest, byte for byte. Entries of one name are platforms of one image; so are
 * those of an index that index.json leads to.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/importing.h"
#include "image/manifest.h"

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

/* An entry of index.json: a manifest, or an index of platforms. */
static int resolve_entry(struct importing *im, const struct descriptor *d, struct ref *ret,
			 struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_index struct image_index index = {0};
	cleanup_platform struct platform host = {0};
	const struct index_entry *entry;
	enum document kind;
	int r = bundle_need_blob(&im->bundle, d, e);

	if (r == 0)
		r = blob_read(im->req->store, &d->digest, MANIFEST_MAX_BYTES, &text, e);
	if (r == 0)
		r = document_kind(text.data, text.len, d->media_type, &kind, e);
	if (r < 0)
		return r;
	*ret = (struct ref){.manifest = d->digest};
	if (kind == DOCUMENT_MANIFEST)
		return need_image(im, &d->digest, e);
	platform_host(&host);
	r = index_parse(text.data, text.len, &index, e);
	if (r == 0)
		r = index_choose(&index, &host, &entry, e);
	if (r == 0)
		r = bundle_need_blob(&im->bundle, &entry->d, e);
	if (r < 0)
		return r;
	*ret = (struct ref){.manifest = entry->d.digest, .index = d->digest};
	return need_image(im, &ret->manifest, e);
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

/* Of the entries with the name of this one, that for this machine. */
static int choose(const struct image_index *index, const struct index_entry *of,
		  struct index_entry *ret, struct err *e)
{
	cleanup_free struct index_entry *same = xcalloc(index->n, sizeof(*same));
	cleanup_platform struct platform host = {0};
	const struct index_entry *best;
	size_t n = 0;
	int r;

	for (size_t i = 0; i < index->n; i++)
		if (same_name(&index->v[i], of))
			same[n++] = index->v[i];
	*ret = *of;
	if (n == 1)
		return 0;
	platform_host(&host);
	r = index_choose(&(struct image_index){.v = same, .n = n}, &host, &best, e);
	if (r == 0)
		*ret = *best;
	return r;
}

/* A whole name of the source's own, else the source's file name with the tag. */
static char *own_name(const struct importing *im, const char *ref_name)
{
	cleanup_free char *base = import_base_name(im->path);

	if (ref_name && strpbrk(ref_name, "/:"))
		return xstrdup(ref_name);
	return ref_name ? xasprintf("%s:%s", base, ref_name) : xstrdup(base);
}

/* The different names, as they are chosen by. */
static void list_names(const struct image_index *index, struct strv *ret)
{
	for (size_t i = 0; i < index->n; i++)
		if (is_first(index, i))
			strv_push(ret, index->v[i].ref_name ? index->v[i].ref_name : "(no tag)");
}

static int import_entry(struct importing *im, const struct image_index *index,
			const struct index_entry *entry, struct err *e)
{
	cleanup_free char *own = own_name(im, entry->ref_name);
	struct index_entry chosen;
	struct ref ref;
	int r = choose(index, entry, &chosen, e);

	if (r == 0)
		r = resolve_entry(im, &chosen.d, &ref, e);
	return r < 0 ? r : import_install(im, &ref, im->req->name ? im->req->name : own, e);
}

int import_oci(struct importing *im, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_index struct image_index index = {0};
	cleanup_strv struct strv names = {0};
	size_t taken = 0;
	int r = bundle_read(&im->bundle, "index.json", &text, e);

	if (r == 0)
		r = index_parse(text.data, text.len, &index, e);
	if (r < 0)
		return r;
	list_names(&index, &names);
	if (im->req->name && !im->tag && names.n > 1)
		return import_several(&names, e);
	for (size_t i = 0; r == 0 && i < index.n; i++) {
		const struct index_entry *entry = &index.v[i];

		if (!is_first(&index, i) ||
		    (im->tag && !(entry->ref_name && import_has_tag(entry->ref_name, im->tag))))
			continue;
		if (im->req->name && taken)
			return import_several(&names, e);
		r = import_entry(im, &index, entry, e);
		taken++;
	}
	return r == 0 && !taken ? import_no_image(im, e) : r;
}
