/*
 * devcontainer_compose.c - see devcontainer_compose.h.
 *
 * Refuses compose files outside the project: what they say would reach the box, and nobody was
 * asked.
 */
#include "image/devcontainer/devcontainer_compose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/schema.h"
#include "config/value.h"
#include "image/devcontainer/composing.h"
#include "image/devcontainer/dockerfile.h"
#include "image/devcontainer/features.h"

#define COMPOSE_MAX (1u << 20)

static int read_source(void *arg, const char *path, struct buf *out, struct err *e)
{
	return resolution_read_inside(arg, path, COMPOSE_MAX, out, e);
}

static const char *host_variable(void *arg, const char *name, bool *ret_tells)
{
	*ret_tells = variables_tell(name);
	return resolution_env(arg, name);
}

bool devcontainer_has_compose(const struct layer_json *file)
{
	const json_t *value = json_object_get(file->root, "dockerComposeFile");

	return value && !json_is_null(value);
}

static void add_file(struct merging *m, const struct layer_json *file, const struct said_at *at,
		     const json_t *value, struct strv *out)
{
	cleanup_free char *folder = path_normalize(file->where, "..");
	cleanup_free char *text = layer_text(m, at, "dockerComposeFile", value, VARIABLES_TEXT,
					     NULL);

	if (text && *text)
		strv_push_take(out, path_normalize(folder, text));
}

/* Without a name, those that compose itself finds in the project. */
static void find_files(struct merging *m, struct strv *out)
{
	static const char *const usual[] = {"compose.yaml", "compose.yml", "docker-compose.yaml",
					    "docker-compose.yml"};
	static const char *const more[] = {"compose.override.yaml", "compose.override.yml",
					   "docker-compose.override.yaml",
					   "docker-compose.override.yml"};

	for (size_t i = 0; i < ARRAY_SIZE(usual) && !out->n; i++) {
		cleanup_free char *path = path_join(m->resolution->project, usual[i]);

		if (resolution_look(m->resolution, path))
			strv_push(out, path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(more) && out->n == 1; i++) {
		cleanup_free char *path = path_join(m->resolution->project, more[i]);

		if (resolution_look(m->resolution, path))
			strv_push(out, path);
	}
}

static void list_files(struct merging *m, const struct layer_json *file, struct strv *out)
{
	const json_t *value = json_object_get(file->root, "dockerComposeFile");

	for (size_t i = 0; i < json_array_size(value); i++) {
		struct said_at at = layer_at(file, "dockerComposeFile", NULL, (long)i);

		add_file(m, file, &at, json_array_get(value, i), out);
	}
	if (!json_is_array(value)) {
		struct said_at at = layer_at(file, "dockerComposeFile", NULL, -1);

		add_file(m, file, &at, value, out);
	} else if (!json_array_size(value)) {
		find_files(m, out);
	}
}

/* The key `service`, and its node. */
static bool find_own(struct composing *cs, const struct layer_json *file)
{
	const char *name = json_string_value(json_object_get(file->root, "service"));
	struct said_at at = layer_at(file, "service", NULL, -1);
	cleanup_free const char **names = NULL;
	cleanup_free char *hint = NULL, *text = NULL;

	cs->services = node_get(cs->compose.root, "services");
	cs->own = name;
	cs->own_service = name ? node_get(cs->services, name) : NULL;
	if (cs->own_service)
		return true;
	names = xcalloc((cs->services ? cs->services->n : 0) + 1, sizeof(*names));
	for (size_t i = 0; cs->services && i < cs->services->n; i++)
		names[i] = cs->services->v[i].key;
	hint = schema_suggest(name ? name : "", names);
	text = name ? xasprintf("the compose files have no service '%s'%s", name, hint)
		    : xstrdup("'service' must name one of the compose files");
	resolution_error(cs->resolution, name ? &at : &cs->at, text);
	return false;
}

static void want(struct composing *cs, const char *name)
{
	const struct node *service = node_get(cs->services, name);
	const struct node *needs = node_get(service, "depends_on");

	if (!service || strv_has(&cs->wanted, name))
		return;
	strv_push(&cs->wanted, name);
	for (size_t i = 0; needs && needs->kind == NODE_MAP && i < needs->n; i++)
		want(cs, needs->v[i].key);
	if (compose_network_of(service))
		want(cs, compose_network_of(service));
}

/* runServices, or all without profiles; and what the own service needs. */
static void choose_services(struct composing *cs, const struct layer_json *file)
{
	const json_t *list = json_object_get(file->root, "runServices");

	want(cs, cs->own);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		struct said_at at = layer_at(file, "runServices", NULL, (long)i);

		if (name && node_get(cs->services, name))
			want(cs, name);
		else
			resolution_note(cs->resolution, &at, "there is no service '%s'",
					name ? name : "");
	}
	for (size_t i = 0; !json_is_array(list) && i < cs->services->n; i++) {
		const struct node *profiles = node_get(cs->services->v[i].value, "profiles");

		if (!profiles || !profiles->n)
			want(cs, cs->services->v[i].key);
	}
}

static void note_unset(struct composing *cs)
{
	const struct strv *unset = &cs->compose.values.unset;

	for (size_t i = 0; i < unset->n; i++)
		resolution_note(cs->resolution, &cs->at,
				"the variable %s of the compose files is not set: it is empty",
				unset->v[i]);
}

static int load(struct composing *cs, const struct strv *files, struct err *e)
{
	for (size_t i = 0; i < files->n; i++)
		if (!path_is_beneath(files->v[i], cs->resolution->project))
			return err_set(e, EPERM, "'%s' is not in the project", files->v[i]);
	if (!files->n)
		return err_set(e, ERR_USAGE, "it names no compose file");
	return compose_load(&cs->compose, &cs->source, files, e);
}

struct composing *devcontainer_compose(struct merging *m, const struct layer_json *file)
{
	struct composing *cs = xcalloc(1, sizeof(*cs));
	cleanup_strv struct strv files = {0};
	struct err e;
	int r;

	cs->m = m;
	cs->source = (struct compose_source){
		.read = read_source, .host = host_variable, .arg = m->resolution};
	cs->resolution = m->resolution;
	cs->at = layer_at(file, "dockerComposeFile", NULL, -1);
	cs->override_command = json_is_true(json_object_get(file->root, "overrideCommand"));
	list_files(m, file, &files);
	r = load(cs, &files, &e);
	if (r < 0)
		resolution_error(cs->resolution, &cs->at, e.msg);
	if (r < 0 || !find_own(cs, file)) {
		devcontainer_compose_free(cs);
		return NULL;
	}
	if (cs->compose.env_left_out)
		resolution_note(cs->resolution, &cs->at, "%s: its variables are left out",
				cs->compose.env_left_out);
	note_unset(cs);
	choose_services(cs, file);
	return cs;
}

void devcontainer_compose_free(struct composing *cs)
{
	if (!cs)
		return;
	compose_clear(&cs->compose);
	strv_clear(&cs->wanted);
	compose_images_free(cs);
	free(cs);
}

char *devcontainer_compose_image(struct composing *cs, const struct layer_json *file,
				 char **ret_last)
{
	const struct schema_key *row = &schema_keys[KEY_IMAGE];
	const struct node *build = node_get(cs->own_service, "build");
	const struct node *image = node_get(cs->own_service, "image");
	cleanup_strv struct strv names = {0};
	char *name = compose_image(cs, cs->own, cs->own_service, file, &names);

	if (name && (!image || !image->text || !streq(name, image->text)))
		*ret_last = dockerfile_last(cs->resolution);
	if (name)
		compose_set(cs, build ? build : image, "image", row->section, row->key, name,
			    &names);
	return name;
}

void devcontainer_compose_merge(struct composing *cs)
{
	compose_set_own(cs);
	for (size_t i = 0; i < cs->services->n; i++)
		if (!streq(cs->services->v[i].key, cs->own))
			compose_set_service(cs, cs->services->v[i].key, cs->services->v[i].value);
}
