/*
 * build_output.c - see build_output.h. The forms are those of Docker's buildx.
 */
#include "cli/image/build_output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cli/image/build_fields.h"
#include "image/archive/export.h"
#include "image/archive/export_dir.h"

static const char *const types[] = {
	[OUTPUT_IMAGE] = "image", [OUTPUT_OCI] = "oci",	    [OUTPUT_DOCKER] = "docker",
	[OUTPUT_TAR] = "tar",	  [OUTPUT_LOCAL] = "local", NULL};

void build_output_clear(struct build_output_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].dest);
		free(l->v[i].name);
	}
	free(l->v);
	*l = (struct build_output_list){0};
}

static int read_type(const char *text, struct build_output *ret, struct err *e)
{
	const char *nearest = nearest_word(text, types);

	for (size_t i = 0; types[i]; i++)
		if (streq(types[i], text)) {
			ret->type = i;
			return 0;
		}
	return err_set(e, ERR_USAGE, "--output: '%s' is not a type%s%s%s", text,
		       nearest ? "; did you mean '" : "; expected image, oci, docker, tar or local",
		       nearest ? nearest : "", nearest ? "'?" : "");
}

static int read_field(const char *key, const char *value, void *arg, struct err *e)
{
	struct build_output *ret = arg;
	char **to = streq(key, "dest") ? &ret->dest : streq(key, "name") ? &ret->name : NULL;

	if (value && streq(key, "type"))
		return read_type(value, ret, e);
	if (!value || !to)
		return err_set(e, ERR_USAGE,
			       "--output: '%s' is unknown; expected type=, dest= or name=", key);
	free(*to);
	*to = xstrdup(value);
	return 0;
}

static int read_fields(const char *word, struct build_output *ret, struct err *e)
{
	int r = build_fields(word, read_field, ret, e);

	if (r == 0 && ret->type != OUTPUT_IMAGE && !ret->dest)
		r = err_set(e, ERR_USAGE, "--output %s: expected dest=PATH", word);
	if (r == 0 && ret->type == OUTPUT_IMAGE && (ret->dest || !ret->name))
		r = err_set(e, ERR_USAGE, "--output %s: an image has a name=, and no dest=", word);
	return r;
}

int build_output_read(const struct strv *words, struct build_output_list *ret, struct err *e)
{
	int r = 0;

	ret->v = xcalloc(words->n + 1, sizeof(*ret->v));
	for (size_t i = 0; r == 0 && i < words->n; i++) {
		struct build_output *o = &ret->v[ret->n++];

		if (strchr(words->v[i], '=')) {
			r = read_fields(words->v[i], o, e);
			continue;
		}
		o->type = streq(words->v[i], "-") ? OUTPUT_TAR : OUTPUT_LOCAL;
		o->dest = xstrdup(words->v[i]);
	}
	return r;
}

bool build_output_is_stdout(const struct build_output_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].dest && streq(l->v[i].dest, "-"))
			return true;
	return false;
}

static int write_dir(const struct build_output *o, const struct image_store *store,
		     const struct digest *manifest, struct err *e)
{
	cleanup_close int dir = -1;
	int r = file_mkdirs(o->dest, 0777, e);

	if (r < 0)
		return r;
	dir = open(o->dest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, errno, "cannot open '%s'", o->dest);
	return export_dir(store, manifest, dir, e);
}

static int write_one(const struct build_output *o, const struct image_store *store,
		     const struct digest *manifest, const char *name, struct err *e)
{
	struct export_request req = {.store = store,
				     .name = o->name ? o->name : name,
				     .ref = {.manifest = *manifest},
				     .file = o->dest,
				     .format = o->type == OUTPUT_OCI	  ? EXPORT_OCI
					       : o->type == OUTPUT_DOCKER ? EXPORT_DOCKER
									  : EXPORT_TAR};

	if (o->type == OUTPUT_IMAGE)
		return 0;
	if (o->type == OUTPUT_LOCAL)
		return write_dir(o, store, manifest, e);
	if (o->type != OUTPUT_TAR && !req.name)
		return err_set(e, ERR_USAGE,
			       "--output type=%s: the image has no name; give it one with --tag",
			       types[o->type]);
	return image_export(&req, e);
}

int build_output_write(const struct build_output_list *l, const struct image_store *store,
		       const struct digest *manifest, const char *name, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < l->n; i++)
		r = write_one(&l->v[i], store, manifest, name, e);
	return r;
}
