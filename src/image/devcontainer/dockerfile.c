/*
 * dockerfile.c - see dockerfile.h.
 *
 * Refuses files and contexts outside the project, of which nobody asked the user.
 */
#include "image/devcontainer/dockerfile.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/schema.h"
#include "image/devcontainer/features.h"
#include "image/name/hash.h"

#define DOCKERFILE_MAX (10u << 20)
#define SHOWN_LEN      16 /* digits of a hash in a name */

/* The command line of `image build`, and the texts that the image's name depends on. */
struct building {
	struct merging *m;
	const struct layer_json *file;
	struct said_at at;
	struct strv words;
	struct strv names; /* of the host's variables in arguments */
	struct buf identity;
};

static void building_clear(struct building *b)
{
	strv_clear(&b->words);
	strv_clear(&b->names);
	buf_free(&b->identity);
}

bool dockerfile_is_named(const struct layer_json *file)
{
	return json_object_get(file->root, "build") || json_object_get(file->root, "dockerFile") ||
	       json_object_get(file->root, "dockerfile");
}

/* The value of build.KEY, else of an old key; NULL: there is none. */
static const json_t *find(const struct layer_json *file, const char *key, const char *old)
{
	const json_t *value = json_object_get(json_object_get(file->root, "build"), key);

	return value || !old ? value : json_object_get(file->root, old);
}

/* A path relative to the file's directory, in the project; NULL: it is not, as was noted. */
static char *path_in_project(struct building *b, const char *what, const json_t *value,
			     const char *preset)
{
	struct resolution *r = b->m->resolution;
	cleanup_free char *text = value ? layer_text(b->m, &b->at, what, value, VARIABLES_TEXT,
						     NULL)
					: xstrdup(preset);
	cleanup_free char *folder = path_normalize(b->file->where, "..");
	cleanup_free char *path = path_normalize(folder, text ? text : ""), *real = NULL;

	if (!text)
		return NULL;
	resolution_look(r, path);
	real = realpath(path, NULL);
	if (real && path_is_beneath(real, r->project))
		return take_ptr(real);
	if (real)
		resolution_cannot(r, &b->at, "%s '%s' is not in the project", what, text);
	else
		resolution_cannot(r, &b->at, "%s '%s' does not exist", what, text);
	return NULL;
}

static void add_arguments(struct building *b)
{
	json_t *args = (json_t *)find(b->file, "args", NULL);

	for (void *it = json_object_iter(args); it; it = json_object_iter_next(args, it)) {
		cleanup_free char *what = xasprintf("build.args.%s", json_object_iter_key(it));
		cleanup_free char *text = layer_text(b->m, &b->at, what, json_object_iter_value(it),
						     VARIABLES_TEXT, &b->names);

		if (!text)
			continue;
		strv_push(&b->words, "--build-arg");
		strv_push_take(&b->words, xasprintf("%s=%s", json_object_iter_key(it), text));
		buf_addf(&b->identity, "%s=%s\n", json_object_iter_key(it), text);
	}
}

/* The Dockerfile with its directory of files; false, as was noted: it cannot be built. */
static bool add_files(struct building *b)
{
	const json_t *file = find(b->file, "dockerfile", "dockerFile");
	size_t root = strlen(b->m->resolution->project);
	cleanup_free char *path = NULL, *context = NULL;
	cleanup_buf struct buf text = BUF_INIT;
	struct err e;

	path = path_in_project(b, "the Dockerfile",
			       file ? file : json_object_get(b->file->root, "dockerfile"),
			       "Dockerfile");
	if (path)
		context = path_in_project(b, "the context", find(b->file, "context", "context"),
					  ".");
	if (!path || !context)
		return false;
	if (resolution_read(b->m->resolution, path, DOCKERFILE_MAX, &text, &e) < 0) {
		resolution_cannot(b->m->resolution, &b->at, "%s", e.msg);
		return false;
	}
	/* The same for every clone: 'prebuilt' looks for it. */
	buf_addf(&b->identity, "%s\n%s\n%s\n", path + root, context + root, text.data);
	strv_push(&b->words, "--file");
	strv_push_take(&b->words, take_ptr(path));
	add_arguments(b);
	strv_push(&b->words, "--");
	strv_push_take(&b->words, take_ptr(context));
	return true;
}

static void note_options(struct building *b)
{
	const json_t *options = find(b->file, "options", NULL);

	for (size_t i = 0; i < json_array_size(options); i++) {
		const char *word = json_string_value(json_array_get(options, i));

		resolution_note(b->m->resolution, &b->at, "the build option '%s' is left out",
				word ? word : "");
	}
}

/* The Dockerfile and its stage, or the image. */
static bool add_base(struct building *b, const char *image)
{
	const json_t *target = find(b->file, "target", NULL);
	cleanup_free char *stage = NULL;

	if (!dockerfile_is_named(b->file)) {
		buf_addf(&b->identity, "image %s\n", image);
		return true;
	}
	if (target)
		stage = layer_text(b->m, &b->at, "build.target", target, VARIABLES_TEXT, NULL);
	if (stage) {
		strv_push(&b->words, "--target");
		strv_push(&b->words, stage);
		buf_addf(&b->identity, "%s\n", stage);
	}
	note_options(b);
	return add_files(b);
}

/* The image gets a label in any case. */
static void add_features(struct building *b)
{
	if (features_are_named(b->file))
		features_describe(b->m, b->file, &b->identity, &b->names);
	strv_push(&b->words, "--devcontainer");
	strv_push(&b->words, b->file->where);
}

char *dockerfile_image(struct merging *m, const struct layer_json *file, const char *image,
		       char **ret_last)
{
	__attribute__((cleanup(building_clear))) struct building b = {
		.m = m, .file = file, .identity = BUF_INIT};
	const char *key = !dockerfile_is_named(file)		 ? "image"
			  : json_object_get(file->root, "build") ? "build"
								 : "dockerFile";
	cleanup_free char *name = NULL, *last = NULL, *used = NULL;
	const struct schema_key *row = &schema_keys[KEY_IMAGE];
	struct digest project, content;

	b.at = layer_at(file, key, NULL, -1);
	add_features(&b);
	if (!add_base(&b, image))
		return NULL;
	hash_bytes(m->resolution->project, strlen(m->resolution->project), &project);
	hash_bytes(b.identity.data, b.identity.len, &content);
	last = xasprintf("localhost/devcontainer-%.*s:last", SHOWN_LEN, project.hex);
	name = xasprintf("localhost/devcontainer-%.*s:%.*s", SHOWN_LEN, project.hex, SHOWN_LEN,
			 content.hex);
	resolution_build(m->resolution, name, last, &b.words);
	used = strv_join(&b.names, " ");
	resolution_set(m->resolution, &b.at, key, row->section, row->key, name, used);
	*ret_last = take_ptr(last);
	return take_ptr(name);
}
