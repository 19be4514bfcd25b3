/*
 * local_image.c - see local_image.h.
 */
#include "image/devcontainer/local_image.h"

#include "base/cleanup.h"
#include "image/load.h"
#include "image/name/ref.h"

int local_image_config(const struct merging *m, const char *image, struct image_config *ret,
		       struct err *e)
{
	cleanup_reference struct reference reference = {0};
	cleanup_free char *name = NULL, *file = NULL, *path = NULL;
	cleanup_manifest struct manifest manifest = {0};
	struct ref ref;
	int r = reference_parse(image, m->conf->registry, &reference, e);

	if (r < 0)
		return r;
	name = ref_name(&reference);
	file = reference_to_file(name);
	path = xasprintf("%s/refs/%s", m->store->path, file);
	if (!resolution_look(m->resolution, path))
		return 0;
	r = ref_read(m->store->fd, name, &ref, e);
	if (r == 0)
		r = image_load(m->store, &ref.manifest, &manifest, ret, e);
	return r < 0 ? r : 1;
}
