/*
 * compose_own.c - the project's box, from the service that devcontainer.json names.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/env.h"
#include "config/port_value.h"
#include "config/schema.h"
#include "image/devcontainer/compose_volume.h"
#include "image/devcontainer/composing.h"
#include "image/devcontainer/demands.h"
#include "image/devcontainer/devcontainer_compose.h"
#include "image/devcontainer/mount.h"

char *devcontainer_compose_target(struct composing *cs)
{
	const struct node *list = node_get(cs->own_service, "volumes");

	for (size_t i = 0; list && i < list->n; i++) {
		cleanup_compose_volume struct compose_volume v = {0};
		char *target = compose_volume_parse(list->v[i].value, &v)
				       ? NULL
				       : compose_project_in(cs, NULL, &v);

		if (target)
			return target;
	}
	return NULL;
}

static void set_environment(struct composing *cs)
{
	const struct node *map = compose_environment(cs, cs->own_service);

	for (size_t i = 0; i < map->n; i++) {
		const char *name = map->v[i].key;
		const struct node *value = map->v[i].value;
		cleanup_free char *what = xasprintf("the variable %s", name), *text = NULL;

		if (!value->text)
			continue;
		text = compose_env_value(value->text);
		compose_set(cs, value, what, "env", name, text, &value->names);
		env_set(&cs->m->env, name, value->text);
	}
}

/* Does another service have that volume? */
static bool is_shared(const struct composing *cs, const char *name)
{
	for (size_t i = 0; i < cs->services->n; i++) {
		const struct node *list = node_get(cs->services->v[i].value, "volumes");

		for (size_t k = 0; list && list->kind == NODE_LIST && k < list->n; k++) {
			cleanup_compose_volume struct compose_volume v = {0};

			if (cs->services->v[i].value != cs->own_service &&
			    !compose_volume_parse(list->v[k].value, &v) && v.kind == VOLUME_NAMED &&
			    v.source && streq(v.source, name))
				return true;
		}
	}
	return false;
}

/*
 * What a named volume is: the project's own, unless its name is that of other projects' too, and
 * no service has it. The caller frees it.
 */
static char *named_volume(const struct composing *cs, const char *name)
{
	const struct node *volume = node_get(node_get(cs->compose.root, "volumes"), name);
	const char *own = node_text(volume, "name");
	cleanup_free char *cache = NULL;

	if ((!own && !compose_is_true(node_get(volume, "external"))) || is_shared(cs, name))
		return xasprintf("volume:%s", name);
	cache = mount_cache_name(own ? own : name);
	return xasprintf("cache:%s", cache);
}

static void set_mount(struct composing *cs, const struct node *n, const char *target,
		      const char *value)
{
	cleanup_free char *what = xasprintf("the mount at '%s'", target);

	compose_set(cs, n, what, "mounts", target, value, &n->names);
}

static void set_bind(struct composing *cs, const struct node *n, const struct compose_volume *v,
		     bool *found)
{
	cleanup_free char *inside = compose_project_in(cs, n, v);
	cleanup_free char *value = xasprintf("%s%s%s", v->source, v->read_only ? " ro" : "",
					     compose_is_made(cs, v) ? " create" : "");

	if (!inside) {
		if (compose_is_there(cs, cs->own, n, v))
			set_mount(cs, n, v->target, value);
		return;
	}
	if (*found) {
		free(value);
		value = xasprintf("%s%s", cs->resolution->project, v->read_only ? " ro" : "");
		set_mount(cs, n, inside, value);
	}
	*found = true;
}

static void set_volumes(struct composing *cs)
{
	const struct node *list = node_get(cs->own_service, "volumes");
	bool found = false;

	for (size_t i = 0; list && i < list->n; i++) {
		const struct node *n = list->v[i].value;
		cleanup_compose_volume struct compose_volume v = {0};
		cleanup_free char *named = NULL, *value = NULL;

		if (!compose_volume_read(cs, n, &v))
			continue;
		if (v.kind == VOLUME_BIND) {
			set_bind(cs, n, &v, &found);
		} else if (v.kind == VOLUME_TMPFS) {
			set_mount(cs, n, v.target, "tmpfs");
		} else if (v.source) {
			named = named_volume(cs, v.source);
			value = xasprintf("%s%s", named, v.read_only ? " ro" : "");
			set_mount(cs, n, v.target, value);
		}
	}
	list = node_get(cs->own_service, "tmpfs");
	for (size_t i = 0; list && i < list->n; i++) {
		const struct node *n = list->v[i].value;
		cleanup_free char *target = xstrndup(n->text ? n->text : "",
						     n->text ? strcspn(n->text, ":") : 0);

		set_mount(cs, n, target, "tmpfs");
	}
}

static void set_file(struct composing *cs, const struct compose_file *file, void *arg)
{
	cleanup_free char *what = xasprintf("the file '%s'", file->target);
	cleanup_free char *value = file->text ? xstrdup(file->text)
					      : xasprintf("%s ro", file->source);

	(void)arg;
	compose_set(cs, file->at, what, "mounts", file->target, value, &file->names);
}

static void set_port(struct composing *cs, const struct node *n, const char *text)
{
	cleanup_free char *host = NULL, *box = NULL;

	port_value_split(text, &host, &box);
	compose_set(cs, n, "a port", "ports", *host ? host : "0", box, &n->names);
}

static void set_ports(struct composing *cs)
{
	const struct node *list = node_get(cs->own_service, "ports");

	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->n; i++) {
		cleanup_free char *text = compose_port(cs, list->v[i].value);

		if (text)
			set_port(cs, list->v[i].value, text);
	}
}

static void set_network(struct composing *cs)
{
	const struct node *mode = node_get(cs->own_service, "network_mode");
	struct said_at at;

	if (!mode || !mode->text)
		return;
	at = compose_at(mode);
	if (compose_network_of(cs->own_service) && compose_network_owner(cs, cs->own))
		return; /* the other services are in the box's */
	if (streq(mode->text, "host") || streq(mode->text, "none"))
		resolution_set_key(cs->resolution, &at, "network_mode", KEY_NETWORK, mode->text);
	else if (!streq(mode->text, "bridge"))
		resolution_note(cs->resolution, &at,
				"network_mode '%s' is left out: a box is not in a network of "
				"containers",
				mode->text);
}

/* Commands that only keep a container alive. */
static bool is_idle(const char *words)
{
	return strstr(words, "sleep") || strstr(words, "tail -f /dev/null") ||
	       strstr(words, "tail -F /dev/null");
}

static void note_command(struct composing *cs)
{
	static const char *const keys[] = {"command", "entrypoint"};

	for (size_t i = 0; i < ARRAY_SIZE(keys) && !cs->override_command; i++) {
		const struct node *n = node_get(cs->own_service, keys[i]);
		cleanup_free char *words = n && n->kind != NODE_NULL ? compose_words(cs, keys[i], n)
								     : NULL;
		struct said_at at = compose_at(n ? n : cs->own_service);

		if (words && *words && !is_idle(words))
			resolution_note(cs->resolution, &at,
					"the %s of '%s' is not started: a box begins with a "
					"session",
					keys[i], cs->own);
	}
}

static void set_devices(struct composing *cs)
{
	const struct node *list = node_get(cs->own_service, "devices");
	const struct node *reserved = node_get(
		node_get(node_get(node_get(cs->own_service, "deploy"), "resources"),
			 "reservations"),
		"devices");
	const struct node *gpu = node_get(cs->own_service, "gpus");
	const struct schema_key *row = &schema_keys[KEY_DEVICES];

	for (size_t i = 0; list && i < list->n; i++) {
		const struct node *n = list->v[i].value;
		const char *text = n->text ? n->text : node_text(n, "source");
		cleanup_free char *device = text ? xstrndup(text, strcspn(text, ":")) : NULL;

		if (device)
			compose_set(cs, n, "a device", row->section, row->key, device, &n->names);
	}
	gpu = gpu ? gpu : reserved;
	if (gpu)
		compose_set(cs, gpu, "a GPU", schema_keys[KEY_GPU].section,
			    schema_keys[KEY_GPU].key, "yes", NULL);
}

static void set_plain(struct composing *cs)
{
	static const struct {
		const char *key;
		enum schema_id id;
	} keys[] = {{"hostname", KEY_HOSTNAME},
		    {"mem_limit", KEY_LIMITS_MEMORY},
		    {"cpus", KEY_LIMITS_CPUS},
		    {"pids_limit", KEY_LIMITS_PIDS}};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct node *n = node_get(cs->own_service, keys[i].key);
		const struct schema_key *row = &schema_keys[keys[i].id];

		if (n && n->text && *n->text)
			compose_set(cs, n, keys[i].key, row->section, row->key, n->text, &n->names);
	}
}

void compose_set_own(struct composing *cs)
{
	const char *user = compose_user(cs, cs->own_service);

	if (user) {
		cs->m->image_user = user;
		cs->m->user_at = compose_at(node_get(cs->own_service, "user"));
	}
	set_environment(cs);
	set_volumes(cs);
	compose_files(cs, cs->own_service, set_file, NULL);
	set_ports(cs);
	set_network(cs);
	compose_set_names(cs, cs->own, "network", cs->own_service);
	set_devices(cs);
	set_plain(cs);
	note_command(cs);
	compose_note_keys(cs, cs->own, cs->own_service);
}
