/*
 * import_docker.c - docker-archives (`docker save`): manifest.json says which members are the config
 * and the layers of an image.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "image/archive/importing.h"
#include "image/document/json_read.h"
#include "image/layer/inflate.h"
#include "image/store/layer_stack.h"

#define IMAGES_MAX 256

static int guess_layer(const struct image_store *s, const struct bundle_member *m,
		       struct descriptor *ret, struct err *e)
{
	cleanup_close int fd = -1;
	enum compression kind;
	const char *type;
	int r = blob_open(s, &m->digest, &fd, e);

	if (r == 0)
		r = inflate_guess_fd(fd, &kind, e);
	if (r < 0)
		return r;
	switch (kind) {
	case COMPRESSION_GZIP:
		type = MEDIA_OCI_LAYER_GZIP;
		break;
	case COMPRESSION_ZSTD:
		type = MEDIA_OCI_LAYER_ZSTD;
		break;
	default:
		type = MEDIA_OCI_LAYER;
	}
	*ret = (struct descriptor){
		.media_type = xstrdup(type), .digest = m->digest, .size = m->size};
	return 0;
}

/* The same image as an OCI manifest; its config, and so its id, stays as it is. */
static int convert(struct importing *im, const char *config, const struct strv *layers,
		   struct digest *ret, struct err *e)
{
	cleanup_manifest struct manifest m = {.media_type = xstrdup(MEDIA_OCI_MANIFEST)};
	const struct bundle_member *member;
	cleanup_free char *text = NULL;
	int r = bundle_find(&im->bundle, config, &member, e);

	if (r < 0)
		return r;
	m.config = (struct descriptor){.media_type = xstrdup(MEDIA_OCI_CONFIG),
				       .digest = member->digest,
				       .size = member->size};
	m.layers = xcalloc(layers->n + 1, sizeof(*m.layers));
	for (size_t i = 0; r == 0 && i < layers->n; i++) {
		r = bundle_find(&im->bundle, layers->v[i], &member, e);
		if (r == 0)
			r = guess_layer(im->req->store, member, &m.layers[m.n_layers++], e);
	}
	text = r == 0 ? manifest_format(&m) : NULL;
	return text ? blob_write(im->req->store, text, strlen(text), ret, e) : r;
}

/* Leaves the names that TAG means; false: none. */
static bool keep_chosen(struct strv *tags, const char *tag)
{
	struct strv all = *tags;

	*tags = (struct strv){0};
	for (size_t i = 0; i < all.n; i++)
		if (import_has_tag(all.v[i], tag))
			strv_push(tags, all.v[i]);
	strv_clear(&all);
	return tags->n > 0;
}

static int several_images(const json_t *list, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = json_get_list(json_array_get(list, i), "RepoTags", IMAGES_MAX, &names, e);
	return r < 0 ? r : import_several(&names, e);
}

static int import_docker_image(struct importing *im, const json_t *j, struct err *e)
{
	cleanup_strv struct strv tags = {0}, layers = {0};
	cleanup_free char *config = NULL;
	struct ref ref = {0};
	int r = json_get_text(j, "Config", &config, e);

	if (r == 0)
		r = json_get_list(j, "RepoTags", IMAGES_MAX, &tags, e);
	if (r == 0)
		r = json_get_list(j, "Layers", IMAGE_MAX_LAYERS, &layers, e);
	if (r == 0 && !config)
		r = err_set(e, EBADMSG, "an image of it has no config");
	if (r < 0)
		return r;
	if (im->tag && !keep_chosen(&tags, im->tag))
		return 0;
	if (im->req->name) {
		if (im->names->n)
			return import_several(&tags, e);
		strv_clear(&tags);
		strv_push(&tags, im->req->name);
	} else if (!tags.n) {
		strv_push_take(&tags, import_base_name(im->path));
	}
	r = convert(im, config, &layers, &ref.manifest, e);
	for (size_t i = 0; r == 0 && i < tags.n; i++)
		r = import_install(im, &ref, tags.v[i], e);
	return r;
}

int import_docker(struct importing *im, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT, wrapped = BUF_INIT;
	cleanup_json json_t *j = NULL;
	json_t *list;
	int r = bundle_read(&im->bundle, "manifest.json", &text, e);

	if (r < 0)
		return r;
	/* It is an array, where every other document is an object. */
	buf_addf(&wrapped, "{\"images\":%s}", text.data);
	r = json_read(wrapped.data, wrapped.len, "manifest.json", &j, e);
	if (r == 0 && json_get(j, "images", JSON_ARRAY, &list, e) < 0)
		r = err_set(e, EBADMSG, "its manifest.json is no list of images");
	if (r == 0 && (!json_array_size(list) || json_array_size(list) > IMAGES_MAX))
		r = err_set(e, EBADMSG, "its manifest.json lists no image, or too many");
	if (r == 0 && im->req->name && !im->tag && json_array_size(list) > 1)
		r = several_images(list, e);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = import_docker_image(im, json_array_get(list, i), e);
	if (r == 0 && !im->names->n)
		r = import_no_image(im, e);
	return r;
}
