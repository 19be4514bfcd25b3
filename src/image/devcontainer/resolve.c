/*
 * resolve.c - see resolve.h.
 *
 * Accepts all valid JSON. What it cannot use is named, with its line; only what makes another
 * environment than the file's author has is refused.
 */
#include "image/devcontainer/resolve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/proc.h"
#include "build/inside.h"
#include "config/devcontainer_file.h"
#include "image/devcontainer/demands.h"
#include "image/devcontainer/devcontainer_compose.h"
#include "image/devcontainer/dockerfile.h"
#include "image/devcontainer/features.h"
#include "image/devcontainer/find.h"
#include "image/devcontainer/local_image.h"
#include "image/devcontainer/metadata.h"
#include "image/devcontainer/run_args.h"
#include "image/document/json_read.h"
#include "image/document/jsonc.h"
#include "image/name/hash.h"

#define DEVCONTAINER_MAX (1u << 20)
#define LABEL		 "devcontainer.metadata"
#define LABEL_MAX	 256 /* entries: an image has one a feature */

/* All that a resolution owns. */
struct resolving {
	const struct resolve_request *req;
	struct resolution resolution;
	struct merging m;
	char *path;	   /* of the devcontainer.json */
	struct digest sum; /* of its text */
	struct strv checksums;
	struct buf plain; /* its text without comments */
	json_t *file, *label, *args;
	char *image, *image_where, *image_user;
	char *last; /* image of the last build */
	struct composing *compose;
};

static void resolving_clear(struct resolving *rs)
{
	free(rs->m.layers.v);
	strv_clear(&rs->m.env);
	devcontainer_compose_free(rs->compose);
	free(rs->m.mounted_at);
	strv_clear(&rs->m.services);
	strv_clear(&rs->m.published);
	free(rs->m.variables.container_folder);
	free(rs->m.variables.id);
	resolution_clear(&rs->resolution);
	buf_free(&rs->plain);
	json_decref(rs->file);
	json_decref(rs->label);
	json_decref(rs->args);
	free(rs->path);
	strv_clear(&rs->checksums);
	free(rs->image);
	free(rs->image_where);
	free(rs->last);
	free(rs->image_user);
}

static struct layer_json *add_layer(struct merging *m, json_t *root, const char *where)
{
	struct layers *l = &m->layers;

	l->v = xrealloc(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n] = (struct layer_json){.root = root, .where = where};
	return &l->v[l->n++];
}

/* A Dockerfile of which nothing more is said. */
static int as_devcontainer(struct resolving *rs, struct err *e)
{
	rs->file = json_pack("{s: {s: s}}", "build", "dockerfile", path_basename(rs->path));
	return rs->file ? 0 : err_set(e, EBADMSG, "its name is not UTF-8");
}

static int read_file(struct resolving *rs, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	int r = resolution_read_inside(&rs->resolution, rs->path, DEVCONTAINER_MAX, &text, e);

	if (r < 0)
		return r;
	if (text.len > 1 && (!text.data[0] || !text.data[1] || !memcmp(text.data, "\xff\xfe", 2) ||
			     !memcmp(text.data, "\xfe\xff", 2)))
		return err_set(e, EBADMSG, "it is UTF-16; save it as UTF-8");
	hash_bytes(text.data, text.len, &rs->sum);
	inside_add_checksum(rs->path, text.data, text.len, &rs->checksums);
	if (find_is_dockerfile(rs->path))
		return as_devcontainer(rs, e);
	jsonc_strip(text.data, text.len, &rs->plain);
	return json_read(rs->plain.data, rs->plain.len, "it", &rs->file, e);
}

/*
 * What the label of an image says: an array, or one object. Of an image that was built for this
 * project, without what it has of the devcontainer.json, which may have changed since.
 */
static void take_label(struct resolving *rs, const char *text)
{
	cleanup_free char *wrapped = xasprintf("{\"label\": %s}", text);
	struct said_at at = {.where = rs->image_where};
	const json_t *label;
	struct err e;

	if (json_read(wrapped, strlen(wrapped), "its label " LABEL, &rs->label, &e) < 0) {
		resolution_note(&rs->resolution, &at, "%s", e.msg);
		return;
	}
	label = json_object_get(rs->label, "label");
	if (json_is_object(label))
		add_layer(&rs->m, (json_t *)label, rs->image_where);
	for (size_t i = 0; i < json_array_size(label) && i < LABEL_MAX; i++) {
		json_t *entry = json_array_get(label, i);

		if (json_is_object(entry) && !(rs->last && metadata_is_of_file(entry)))
			add_layer(&rs->m, entry, rs->image_where);
	}
}

static void read_image(struct resolving *rs, const struct image_config *config)
{
	for (size_t i = 0; i < config->env.n; i++)
		strv_push(&rs->m.env, config->env.v[i]);
	rs->image_user = xstrdup(config->user ? config->user : "");
	rs->m.image_user = rs->image_user;
	for (size_t i = 0; i < config->label_keys.n; i++)
		if (streq(config->label_keys.v[i], LABEL))
			take_label(rs, config->label_values.v[i]);
}

/* False: it is not here. */
static bool find_image(struct resolving *rs, const char *image)
{
	cleanup_config struct image_config config = {0};
	struct said_at at = {.where = image};
	struct err e;
	int r = local_image_config(&rs->m, image, &config, &e);

	if (r == 0)
		return false;
	rs->image_where = xasprintf("image %s", image);
	if (r > 0)
		read_image(rs, &config);
	else if (r != -ERR_USAGE) /* a name that is none is told by the start */
		resolution_note(&rs->resolution, &at, "%s", e.msg);
	return true;
}

/* Until the next one is built, what the last one says counts: the box is made of that. */
static void take_image(struct resolving *rs)
{
	if (find_image(rs, rs->image))
		return;
	resolution_image(&rs->resolution, rs->image);
	if (rs->last)
		find_image(rs, rs->last);
}

static void choose_image(struct resolving *rs, const struct layer_json *file)
{
	const json_t *image = json_object_get(file->root, "image");
	struct said_at at = layer_at(file, "image", NULL, -1);

	rs->m.other_image = *rs->req->image;
	rs->m.host_image = streq(rs->req->image, "host");
	if (rs->m.other_image) {
		if (!rs->m.host_image && !starts_with(rs->req->image, "dir:"))
			rs->image = xstrdup(rs->req->image);
		return;
	}
	if (rs->m.composed) {
		if (rs->compose)
			rs->image = devcontainer_compose_image(rs->compose, file, &rs->last);
		return;
	}
	if (dockerfile_is_named(file)) {
		rs->image = dockerfile_image(&rs->m, file, NULL);
		rs->last = dockerfile_last(&rs->resolution);
		return;
	}
	if (image)
		rs->image = layer_text(&rs->m, &at, "image", image, VARIABLES_TEXT, NULL);
	if (rs->image && features_are_named(file)) {
		cleanup_free char *below = take_ptr(rs->image);

		rs->image = dockerfile_image(&rs->m, file, below);
		rs->last = dockerfile_last(&rs->resolution);
	} else if (rs->image)
		resolution_set_key(&rs->resolution, &at, "image", KEY_IMAGE, rs->image);
	else
		resolution_cannot(&rs->resolution, &at, "it names no image that could be used");
}

/* The label of the image, then runArgs, then the file itself. */
static void make_layers(struct resolving *rs)
{
	struct layer_json file = {.root = rs->file,
				  .where = rs->path,
				  .text = rs->plain.len ? rs->plain.data : NULL,
				  .len = rs->plain.len,
				  .checksum = rs->checksums.v[0]};
	struct layer_json *args;

	rs->m.composed = devcontainer_has_compose(&file);
	if (rs->m.composed)
		rs->compose = devcontainer_compose(&rs->m, &file);
	if (rs->compose)
		rs->m.mounted_at = devcontainer_compose_target(rs->compose);
	choose_image(rs, &file);
	if (rs->image)
		take_image(rs);
	rs->args = run_args_read(&rs->m, &file);
	args = add_layer(&rs->m, rs->args, rs->path);
	args->line = layer_at(&file, "runArgs", NULL, -1).line;
	*add_layer(&rs->m, rs->file, rs->path) = file;
}

static void merge(struct resolving *rs)
{
	struct merging *m = &rs->m;

	m->resolution = &rs->resolution;
	m->store = rs->req->store;
	m->conf = rs->req->conf;
	m->variables = (struct variables){.resolution = &rs->resolution,
					  .id = variables_id(rs->req->project, rs->path),
					  .container_env = &m->env};
	resolution_from(&rs->resolution, rs->path, rs->sum.hex);
	make_layers(rs);
	workspace_merge(m);
	if (rs->compose)
		devcontainer_compose_merge(rs->compose);
	environment_merge(m);
	workspace_user(m);
	environment_ports(m);
	mount_merge(m);
	hooks_merge(m);
	demands_merge(m);
	features_note(m);
}

void resolve_devcontainer(const struct resolve_request *req, struct buf *out)
{
	__attribute__((cleanup(resolving_clear))) struct resolving rs = {
		.req = req,
		.resolution = RESOLUTION_INIT,
		.plain = BUF_INIT,
	};
	struct said_at at = {.where = req->project};
	struct err e;
	int r;

	rs.resolution.project = req->project;
	rs.resolution.choice = req->choice;
	/* Another version of this program may understand more. */
	if (proc_self())
		resolution_look(&rs.resolution, proc_self());
	r = find_devcontainer(&rs.resolution, req->config, &rs.path, &e);
	if (r == 0 && rs.path) {
		at.where = rs.path;
		r = read_file(&rs, &e);
		if (r == 0)
			merge(&rs);
	}
	if (r < 0)
		resolution_error(&rs.resolution, &at, e.msg);
	buf_addstr(out, DEVCONTAINER_FORMAT "project\t");
	devcontainer_field(out, req->project);
	buf_addf(out, "\n%send\n", rs.resolution.out.data);
}
