/*
 * load.c - the documents of an image of the store.
 */
#include "image/load.h"

#include <errno.h>

#include "base/buf.h"

int image_load(const struct image_store *s, const struct digest *manifest, struct manifest *ret_m,
	       struct image_config *ret_c, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT, config = BUF_INIT;
	cleanup_manifest struct manifest m = {0};
	cleanup_config struct image_config c = {0};
	int r = blob_read(s, manifest, MANIFEST_MAX_BYTES, &text, e);

	if (r == 0)
		r = manifest_parse(text.data, text.len, &m, e);
	if (r == 0)
		r = blob_read(s, &m.config.digest, CONFIG_MAX_BYTES, &config, e);
	if (r == 0)
		r = config_parse(config.data, config.len, &c, e);
	if (r < 0)
		return r;
	if (c.n_layers != m.n_layers)
		return err_set(e, EBADMSG, "the manifest has %zu layers and its config %zu",
			       m.n_layers, c.n_layers);
	*ret_c = c;
	c = (struct image_config){0};
	*ret_m = m;
	m = (struct manifest){0};
	return 0;
}
