/*
 * oci_image.c - from a name to layers, by two small files and no JSON: refs/<name> names the
 * manifest, plans/<manifest> the layers and what the image says about its sessions.
 *
 * sandbox-image provides what is missing: the image, or only its plan. Promises that the layers
 * stay until the lease is released; by then the box's record names the image.
 */
#include "rootfs/oci_image.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "image/name/conf.h"
#include "image/name/ref.h"
#include "rootfs/image_program.h"
#include "store/lease.h"

/* sandbox.conf says what a short name means. */
static int parse(const char *image, struct reference *ret, struct err *e)
{
	cleanup_image_conf struct image_conf conf = {0};
	int r = image_conf_load(&conf, e);

	return r < 0 ? r : reference_parse(image, conf.registry, ret, e);
}

int oci_image_digest(const struct store *s, const char *image, struct digest *ret, struct err *e)
{
	cleanup_reference struct reference ref = {0};
	cleanup_free char *name = NULL;
	struct ref target;
	int r = parse(image, &ref, e);

	if (r < 0)
		return r;
	name = ref_name(&ref);
	r = ref_read(s->data_fd, name, &target, e);
	if (r == 0)
		*ret = target.manifest;
	return r;
}

/* Gets the image, or only its plan. */
static int prepare_image(const char *image, struct err *e)
{
	return image_program((const char *[]){"image", "prepare", "--", image, NULL}, false, e);
}

static int find_image(const struct image_request *req, struct digest *ret, struct err *e)
{
	if (!req->digest || !req->digest->hex[0])
		return oci_image_digest(req->store, req->image, ret, e);
	*ret = *req->digest;
	return 0;
}

/* What sandbox-image must provide: the name, or exactly what the box was made from. */
static char *wanted(const struct image_request *req, struct err *e)
{
	cleanup_reference struct reference ref = {0};

	if (!req->digest || !req->digest->hex[0])
		return xstrdup(req->image);
	if (parse(req->image, &ref, e) < 0)
		return xstrdup(req->image);
	return xasprintf("%s/%s@%s", ref.registry, ref.path, digest_text(req->digest).s);
}

static int find_plan(const struct image_request *req, struct image_root *root, struct err *e)
{
	int r = find_image(req, &root->digest, e);

	return r < 0 ? r : image_plan_read(req->store->data_fd, &root->digest, &root->plan, e);
}

int oci_image_resolve(const struct image_request *req, struct image_root *root, struct err *e)
{
	int r = store_lease(req->store->data_fd, req->store->data, &root->lease, e);

	if (r == 0)
		r = find_plan(req, root, e);
	if (r == -ENOENT) {
		cleanup_free char *name = wanted(req, e);

		r = prepare_image(name, e);
		if (r == 0)
			r = find_plan(req, root, e);
	}
	if (r < 0)
		return r;
	for (size_t i = 0; i < root->plan.layers.n; i++) {
		const char *layer = root->plan.layers.v[i];

		strv_push_take(&root->lowers, layer[0] == '/' ? xstrdup(layer)
							      : path_join(req->store->data, layer));
	}
	return 0;
}
