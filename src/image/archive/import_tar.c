/*
 * import_tar.c - makes a layer from a tar, and an image with a minimal config from that.
 */
#include "image/archive/import_tar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "image/document/image_config.h"
#include "image/document/manifest.h"
#include "image/layer/pack.h"

#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* SOURCE_DATE_EPOCH makes it reproducible. */
static char *creation_time(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	return image_time(epoch && *epoch ? (time_t)strtoll(epoch, NULL, 10) : time(NULL));
}

static int write_documents(const struct image_store *s, const struct digest *diff_id,
			   struct descriptor *layer, struct digest *ret, struct err *e)
{
	struct image_history history = {.created = creation_time(),
					.created_by = xstrdup("sandbox image import")};
	cleanup_config struct image_config c = {.created = creation_time()};
	struct manifest m = {.media_type = (char *)MEDIA_OCI_MANIFEST,
			     .config = {.media_type = (char *)MEDIA_OCI_CONFIG},
			     .layers = layer,
			     .n_layers = 1};
	cleanup_free char *config = NULL, *manifest = NULL;
	int r;

	platform_host(&c.platform);
	c.diff_ids = xcalloc(1, sizeof(*c.diff_ids));
	c.diff_ids[0] = *diff_id;
	c.n_layers = 1;
	strv_push(&c.env, DEFAULT_PATH);
	c.history = xcalloc(1, sizeof(*c.history));
	c.history[0] = history;
	c.n_history = 1;
	config = config_format(&c);
	r = config ? blob_write(s, config, strlen(config), &m.config.digest, e)
		   : err_set(e, ENOMEM, "cannot write the image's config");
	if (r < 0)
		return r;
	m.config.size = strlen(config);
	manifest = manifest_format(&m);
	return manifest ? blob_write(s, manifest, strlen(manifest), ret, e)
			: err_set(e, ENOMEM, "cannot write the image's manifest");
}

int import_tar(const struct image_store *s, struct byte_source plain, struct digest *ret_manifest,
	       struct err *e)
{
	struct descriptor layer;
	struct digest diff_id;
	int r = layer_pack(s, plain, &layer, &diff_id, e);

	return r < 0 ? r : write_documents(s, &diff_id, &layer, ret_manifest, e);
}
