/*
 * manifest.c - index and manifest, read and written.
 *
 * Promises that what was read fits the limits of manifest.h. Refuses what could be taken for two
 * things by two readers.
 */
#include "image/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/json_read.h"

#define BLOB_MAX_BYTES (UINT64_C(1) << 40)

static void descriptor_clear(struct descriptor *d)
{
	free(d->media_type);
	*d = (struct descriptor){0};
}

void index_clear(struct image_index *index)
{
	for (size_t i = 0; i < index->n; i++) {
		descriptor_clear(&index->v[i].d);
		platform_clear(&index->v[i].platform);
		free(index->v[i].ref_name);
	}
	free(index->v);
	*index = (struct image_index){0};
}

void manifest_clear(struct manifest *m)
{
	free(m->media_type);
	descriptor_clear(&m->config);
	for (size_t i = 0; i < m->n_layers; i++)
		descriptor_clear(&m->layers[i]);
	free(m->layers);
	*m = (struct manifest){0};
}

static bool is_manifest_type(const char *type)
{
	return streq(type, MEDIA_OCI_MANIFEST) || streq(type, MEDIA_DOCKER_MANIFEST);
}

static bool is_index_type(const char *type)
{
	return streq(type, MEDIA_OCI_INDEX) || streq(type, MEDIA_DOCKER_LIST);
}

/* What a type says contradicts what the document is made of? An unknown type says nothing. */
static bool contradicts(const char *type, enum document kind)
{
	return type && (kind == DOCUMENT_INDEX ? is_manifest_type(type) : is_index_type(type));
}

static int kind_of(const json_t *j, const char *announced, enum document *ret, struct err *e)
{
	cleanup_free char *type = NULL;
	enum document kind;
	bool index, manifest;
	int r = json_get_text(j, "mediaType", &type, e);

	if (r < 0)
		return r;
	if (json_integer_value(json_object_get(j, "schemaVersion")) == 1 ||
	    json_object_get(j, "fsLayers"))
		return err_set(e, ENOTSUP,
			       "the image is of the old schema 1, which registries no longer "
			       "serve either: push it anew with a current tool");
	index = json_object_get(j, "manifests") != NULL;
	manifest = json_object_get(j, "layers") || json_object_get(j, "config");
	if (index && manifest)
		return err_set(e, EBADMSG, "the document is a manifest and an index at once");
	if (!index && !manifest)
		return err_set(e, EBADMSG, "the document is neither a manifest nor an index");
	kind = index ? DOCUMENT_INDEX : DOCUMENT_MANIFEST;
	if (type && !is_manifest_type(type) && !is_index_type(type))
		return err_set(e, EBADMSG, "the document calls itself neither manifest nor index");
	if (contradicts(type, kind) || contradicts(announced, kind))
		return err_set(e, EBADMSG,
			       "the document is not of the kind that its media type says");
	*ret = kind;
	return 0;
}

int document_kind(const char *text, size_t len, const char *announced, enum document *ret,
		  struct err *e)
{
	cleanup_json json_t *j = NULL;
	int r = json_read(text, len, "the image's manifest", &j, e);

	return r < 0 ? r : kind_of(j, announced, ret, e);
}

static int read_descriptor(const json_t *j, struct descriptor *ret, struct err *e)
{
	cleanup_free char *digest = NULL;
	json_t *size;
	int r;

	if (!json_is_object(j))
		return err_set(e, EBADMSG, "it holds a descriptor that is no object");
	r = json_get_text(j, "mediaType", &ret->media_type, e);
	if (r == 0)
		r = json_get_text(j, "digest", &digest, e);
	if (r == 0)
		r = json_get(j, "size", JSON_INTEGER, &size, e);
	if (r < 0)
		return r;
	if (!ret->media_type || !digest || !size)
		return err_set(e, EBADMSG, "a descriptor has no mediaType, digest or size");
	if (json_integer_value(size) < 0 || (uint64_t)json_integer_value(size) > BLOB_MAX_BYTES)
		return err_set(e, EBADMSG, "the size %lld of a blob is out of range",
			       (long long)json_integer_value(size));
	ret->size = (uint64_t)json_integer_value(size);
	r = digest_parse(digest, &ret->digest, e);
	if (r < 0)
		e->code = EBADMSG;
	return r < 0 ? -EBADMSG : 0;
}

static int read_platform(const json_t *j, struct platform *ret, struct err *e)
{
	json_t *p;
	int r = json_get(j, "platform", JSON_OBJECT, &p, e);

	if (r < 0 || !p)
		return r;
	r = json_get_text(p, "os", &ret->os, e);
	if (r == 0)
		r = json_get_text(p, "architecture", &ret->arch, e);
	return r < 0 ? r : json_get_text(p, "variant", &ret->variant, e);
}

static int read_entry(const json_t *j, struct index_entry *ret, struct err *e)
{
	json_t *annotations = NULL;
	int r = read_descriptor(j, &ret->d, e);

	if (r == 0)
		r = read_platform(j, &ret->platform, e);
	if (r == 0)
		r = json_get(j, "annotations", JSON_OBJECT, &annotations, e);
	/* docker save and containerd write the whole name there, and the tag alone beside it. */
	if (r == 0 && annotations)
		r = json_get_text(annotations, "io.containerd.image.name", &ret->ref_name, e);
	if (r == 0 && annotations && !ret->ref_name)
		r = json_get_text(annotations, "org.opencontainers.image.ref.name", &ret->ref_name,
				  e);
	return r;
}

int index_parse(const char *text, size_t len, struct image_index *ret, struct err *e)
{
	cleanup_json json_t *j = NULL;
	cleanup_index struct image_index index = {0};
	json_t *list = NULL;
	enum document kind;
	int r = json_read(text, len, "the index", &j, e);

	if (r == 0)
		r = kind_of(j, NULL, &kind, e);
	if (r == 0 && kind != DOCUMENT_INDEX)
		r = err_set(e, EBADMSG, "the document is a manifest, not an index");
	if (r == 0)
		r = json_get(j, "manifests", JSON_ARRAY, &list, e);
	if (r < 0)
		return r;
	if (json_array_size(list) > MANIFEST_MAX_ENTRIES)
		return err_set(e, EBADMSG, "the index has %zu entries; at most %d are taken",
			       json_array_size(list), MANIFEST_MAX_ENTRIES);
	index.v = xcalloc(json_array_size(list) + 1, sizeof(*index.v));
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = read_entry(json_array_get(list, i), &index.v[index.n++], e);
	if (r < 0)
		return err_add(e, "the index is damaged");
	*ret = index;
	index = (struct image_index){0};
	return 0;
}

static int read_layers(const json_t *list, struct manifest *m, struct err *e)
{
	int r = 0;

	if (json_array_size(list) > MANIFEST_MAX_LAYERS)
		return err_set(e, EBADMSG, "it has %zu layers; at most %d can be mounted",
			       json_array_size(list), MANIFEST_MAX_LAYERS);
	m->layers = xcalloc(json_array_size(list) + 1, sizeof(*m->layers));
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = read_descriptor(json_array_get(list, i), &m->layers[m->n_layers++], e);
	return r;
}

int manifest_parse(const char *text, size_t len, struct manifest *ret, struct err *e)
{
	cleanup_json json_t *j = NULL;
	cleanup_manifest struct manifest m = {0};
	json_t *config = NULL, *layers = NULL;
	enum document kind;
	int r = json_read(text, len, "the manifest", &j, e);

	if (r == 0)
		r = kind_of(j, NULL, &kind, e);
	if (r == 0 && kind != DOCUMENT_MANIFEST)
		r = err_set(e, EBADMSG, "the document is an index, not a manifest");
	if (r == 0)
		r = json_get_text(j, "mediaType", &m.media_type, e);
	if (r == 0)
		r = json_get(j, "config", JSON_OBJECT, &config, e);
	if (r == 0)
		r = json_get(j, "layers", JSON_ARRAY, &layers, e);
	if (r == 0 && (!config || !layers))
		r = err_set(e, EBADMSG, "it has no config or no layers");
	if (r == 0)
		r = read_descriptor(config, &m.config, e);
	if (r == 0)
		r = read_layers(layers, &m, e);
	if (r < 0)
		return err_add(e, "the manifest is damaged");
	if (!m.media_type)
		m.media_type = xstrdup(MEDIA_OCI_MANIFEST);
	*ret = m;
	m = (struct manifest){0};
	return 0;
}

static json_t *format_descriptor(const struct descriptor *d)
{
	return json_pack("{s:s, s:s, s:I}", "mediaType", d->media_type, "digest",
			 digest_text(&d->digest).s, "size", (json_int_t)d->size);
}

char *manifest_format(const struct manifest *m)
{
	json_t *layers = json_array();
	cleanup_json json_t *j = json_pack("{s:i, s:s, s:o, s:o}", "schemaVersion", 2, "mediaType",
					   m->media_type, "config", format_descriptor(&m->config),
					   "layers", layers);

	for (size_t i = 0; i < m->n_layers; i++)
		json_array_append_new(layers, format_descriptor(&m->layers[i]));
	return json_dumps(j, JSON_COMPACT);
}

int layer_compression(const char *media_type, enum compression *ret, struct err *e)
{
	static const struct {
		const char *type;
		enum compression compression;
	} known[] = {
		{MEDIA_OCI_LAYER, COMPRESSION_NONE},
		{MEDIA_OCI_LAYER_GZIP, COMPRESSION_GZIP},
		{MEDIA_OCI_LAYER_ZSTD, COMPRESSION_ZSTD},
		{MEDIA_DOCKER_LAYER, COMPRESSION_NONE},
		{MEDIA_DOCKER_LAYER_GZ, COMPRESSION_GZIP},
		{MEDIA_DOCKER_LAYER_ZST, COMPRESSION_ZSTD},
		/* Deprecated by image-spec 1.1; their bytes are those of the plain types. */
		{"application/vnd.oci.image.layer.nondistributable.v1.tar", COMPRESSION_NONE},
		{"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", COMPRESSION_GZIP},
		{"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", COMPRESSION_ZSTD},
		{"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", COMPRESSION_GZIP},
	};
	char quoted[200];

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (streq(media_type, known[i].type)) {
			*ret = known[i].compression;
			return 0;
		}
	return err_set(e, ENOTSUP, "its media type '%s' is none of a layer's",
		       err_quote(quoted, sizeof(quoted), media_type));
}
