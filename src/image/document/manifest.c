/*
 * manifest.c - index and manifest, read and written.
 *
 * Promises that what was read is within the limits of manifest.h. Refuses what two readers could
 * understand differently.
 */
#include "image/document/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "image/document/json_read.h"
#include "image/store/layer_stack.h"

#define BLOB_MAX_BYTES (UINT64_C(1) << 40)

static void descriptor_clear(struct descriptor *d)
{
	free(d->media_type);
	*d = (struct descriptor){0};
}

void image_index_clear(struct image_index *index)
{
	for (size_t i = 0; i < index->n; i++) {
		descriptor_clear(&index->v[i].d);
		platform_clear(&index->v[i].platform);
		free(index->v[i].ref_name);
		free(index->v[i].artifact_type);
	}
	free(index->v);
	*index = (struct image_index){0};
}

void manifest_clear(struct manifest *m)
{
	free(m->media_type);
	free(m->artifact_type);
	descriptor_clear(&m->config);
	for (size_t i = 0; i < m->n_layers; i++)
		descriptor_clear(&m->layers[i]);
	free(m->layers);
	*m = (struct manifest){0};
}

static bool is_manifest_type(const char *type)
{
	return strcasecmp(type, MEDIA_OCI_MANIFEST) == 0 ||
	       strcasecmp(type, MEDIA_DOCKER_MANIFEST) == 0;
}

static bool is_index_type(const char *type)
{
	return strcasecmp(type, MEDIA_OCI_INDEX) == 0 || strcasecmp(type, MEDIA_DOCKER_LIST) == 0;
}

/* Does the type contradict the content of the document? An unknown type never does. */
static bool contradicts(const char *type, enum document kind)
{
	return type && (kind == DOCUMENT_INDEX ? is_manifest_type(type) : is_index_type(type));
}

/* In any case, and null too: another reader might see it. */
static bool has_key(const json_t *j, const char *key)
{
	for (void *it = json_object_iter((json_t *)j); it;
	     it = json_object_iter_next((json_t *)j, it))
		if (strcasecmp(json_object_iter_key(it), key) == 0)
			return true;
	return false;
}

static int kind_of(const json_t *j, const char *announced, enum document *ret, struct err *e)
{
	cleanup_free char *type = NULL;
	enum document kind;
	bool index, manifest;
	int r = json_get_text(j, "mediaType", &type, e);

	if (r < 0)
		return r;
	if (json_integer_value(json_get_any(j, "schemaVersion")) == 1 || has_key(j, "fsLayers"))
		return err_set(e, ENOTSUP,
			       "the image is of the old schema 1, which registries no longer serve "
			       "either: push it again with a current tool");
	index = has_key(j, "manifests");
	manifest = has_key(j, "layers") || has_key(j, "config");
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

static int read_descriptor(const json_t *j, struct descriptor *out, struct err *e)
{
	cleanup_free char *digest = NULL;
	json_t *size;
	int r;

	if (!json_is_object(j))
		return err_set(e, EBADMSG, "it has a descriptor that is not an object");
	r = json_get_text(j, "mediaType", &out->media_type, e);
	if (r == 0)
		r = json_get_text(j, "digest", &digest, e);
	if (r == 0)
		r = json_get(j, "size", JSON_INTEGER, &size, e);
	if (r < 0)
		return r;
	if (!digest || !size)
		return err_set(e, EBADMSG, "a descriptor has no digest or size");
	if (!out->media_type)
		out->media_type = xstrdup("");
	if (json_integer_value(size) < 0 || (uint64_t)json_integer_value(size) > BLOB_MAX_BYTES)
		return err_set(e, EBADMSG, "the size %lld of a blob is out of range",
			       (long long)json_integer_value(size));
	out->size = (uint64_t)json_integer_value(size);
	r = digest_parse(digest, &out->digest, e);
	if (r < 0)
		e->code = EBADMSG;
	return r < 0 ? -EBADMSG : 0;
}

static int read_platform(const json_t *j, struct platform *out, struct err *e)
{
	json_t *p;
	int r = json_get(j, "platform", JSON_OBJECT, &p, e);

	if (r < 0 || !p)
		return r;
	r = json_get_text(p, "os", &out->os, e);
	if (r == 0)
		r = json_get_text(p, "architecture", &out->arch, e);
	return r < 0 ? r : json_get_text(p, "variant", &out->variant, e);
}

static int read_entry(const json_t *j, struct index_entry *out, struct err *e)
{
	json_t *annotations = NULL;
	int r = read_descriptor(j, &out->d, e);

	if (r == 0)
		r = read_platform(j, &out->platform, e);
	if (r == 0)
		r = json_get(j, "annotations", JSON_OBJECT, &annotations, e);
	if (r == 0)
		r = json_get_text(j, "artifactType", &out->artifact_type, e);
	if (r == 0 && annotations)
		out->attestation = json_get_any(annotations, "vnd.docker.reference.type") != NULL;
	/* docker save and containerd write the whole name there, and only the tag beside it. */
	if (r == 0 && annotations)
		r = json_get_text(annotations, "io.containerd.image.name", &out->ref_name, e);
	if (r == 0 && annotations && !out->ref_name)
		r = json_get_text(annotations, "org.opencontainers.image.ref.name", &out->ref_name,
				  e);
	return r;
}

/* An entry with another hash algorithm is skipped; it may not be an image for us anyway. */
static bool has_other_hash(const json_t *entry)
{
	const char *digest = json_string_value(json_get_any(entry, "digest"));
	size_t n = digest ? strspn(digest, "abcdefghijklmnopqrstuvwxyz0123456789+._-") : 0;

	return n && digest[n] == ':' && !starts_with(digest, "sha256:");
}

int image_index_parse(const char *text, size_t len, struct image_index *ret, struct err *e)
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
		if (!has_other_hash(json_array_get(list, i)))
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

	if (json_array_size(list) > IMAGE_MAX_LAYERS)
		return err_set(e, EBADMSG, "it has %zu layers; at most %d can be mounted",
			       json_array_size(list), IMAGE_MAX_LAYERS);
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
		r = json_get_text(j, "artifactType", &m.artifact_type, e);
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

bool manifest_layer_is_first(const struct manifest *m, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (digest_equal(&m->layers[j].digest, &m->layers[i].digest))
			return false;
	return true;
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

static int no_image(const char *what, const char *type, struct err *e)
{
	char quoted[200];

	return err_set(e, ENOTSUP, "it is not an image: its %s is '%s'", what,
		       err_quote(quoted, sizeof(quoted), type));
}

/* Types without information, which some registries and builders write. */
static bool says_nothing(const char *type)
{
	static const char *const vague[] = {
		"",	      "application/octet-stream", "application/json",
		"text/plain", "application/x-gzip",	  "application/gzip"};

	for (size_t i = 0; i < ARRAY_SIZE(vague); i++)
		if (strcasecmp(type, vague[i]) == 0)
			return true;
	return false;
}

bool document_type_known(const char *type)
{
	return is_manifest_type(type) || is_index_type(type) || says_nothing(type);
}

bool config_type_known(const char *type)
{
	return strcasecmp(type, MEDIA_OCI_CONFIG) == 0 ||
	       strcasecmp(type, MEDIA_DOCKER_CONFIG) == 0 || says_nothing(type);
}

/* "...layer.v1.tar+gzip", "...diff.tar.gzip" and similar; not encrypted ones. */
static bool is_layer_type(const char *type)
{
	return says_nothing(type) || ((strcasestr(type, ".tar") || strcasestr(type, "x-tar")) &&
				      !strcasestr(type, "+encrypted"));
}

int manifest_is_image(const struct manifest *m, struct err *e)
{
	bool typed = strcasecmp(m->config.media_type, MEDIA_OCI_CONFIG) == 0;

	if (m->artifact_type && !typed)
		return no_image("artifact type", m->artifact_type, e);
	if (!config_type_known(m->config.media_type))
		return no_image("config's media type", m->config.media_type, e);
	for (size_t i = 0; i < m->n_layers; i++)
		if (!is_layer_type(m->layers[i].media_type))
			return no_image("layer's media type", m->layers[i].media_type, e);
	return 0;
}

void manifest_become_oci(struct manifest *m)
{
	free(m->media_type);
	free(m->config.media_type);
	m->media_type = xstrdup(MEDIA_OCI_MANIFEST);
	m->config.media_type = xstrdup(MEDIA_OCI_CONFIG);
	for (size_t i = 0; i < m->n_layers; i++) {
		struct descriptor *d = &m->layers[i];
		const char *type = streq(d->media_type, MEDIA_DOCKER_LAYER_GZ)
					   ? MEDIA_OCI_LAYER_GZIP
				   : streq(d->media_type, MEDIA_DOCKER_LAYER_ZST)
					   ? MEDIA_OCI_LAYER_ZSTD
				   : streq(d->media_type, MEDIA_DOCKER_LAYER) ? MEDIA_OCI_LAYER
									      : NULL;

		if (!type)
			continue;
		free(d->media_type);
		d->media_type = xstrdup(type);
	}
}
