/*
 * mount.c - see mount.h; and from all of them to [mounts].
 */
#include "image/devcontainer/mount.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/value.h"
#include "image/name/hash.h"

#define CACHE_NAME_MAX 40 /* of a longer one a part is replaced by its hash */

void mount_clear(struct mount *m)
{
	free(m->source);
	free(m->target);
	free(m->type);
	free(m->size);
	*m = (struct mount){0};
}

static char **member_of(struct mount *m, const char *key)
{
	if (streq(key, "source") || streq(key, "src"))
		return &m->source;
	if (streq(key, "target") || streq(key, "dst") || streq(key, "destination"))
		return &m->target;
	if (streq(key, "tmpfs-size"))
		return &m->size;
	return streq(key, "type") ? &m->type : NULL;
}

static void take_part(struct mount *m, const char *key, const char *value)
{
	char **to = member_of(m, key);

	if (to) {
		free(*to);
		*to = xstrdup(value);
	} else if (streq(key, "readonly") || streq(key, "ro")) {
		m->read_only = !streq(value, "false") && !streq(value, "0");
	} else if (streq(key, "bind-create-src")) {
		m->create = !streq(value, "false") && !streq(value, "0");
	}
	/* What is left is advice to a virtual machine (consistency), or about labels. */
}

static void read_text(const char *text, struct mount *m)
{
	cleanup_free char *copy = xstrdup(text);
	char *rest = copy, *part;

	while ((part = strsep(&rest, ","))) {
		char *value = strchr(part, '=');

		if (value)
			*value++ = '\0';
		take_part(m, part, value ? value : "");
	}
}

static bool read_object(const struct merging *m, const struct said_at *at, const char *what,
			const json_t *value, struct strv *names, struct mount *ret)
{
	json_t *object = (json_t *)value;

	for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it)) {
		const json_t *member = json_object_iter_value(it);
		cleanup_free char *text = NULL;

		if (json_is_object(member) || json_is_null(member))
			continue;
		text = layer_text(m, at, what, member, VARIABLES_TEXT, names);
		if (!text)
			return false;
		take_part(ret, json_object_iter_key(it), text);
	}
	return true;
}

bool mount_read(const struct merging *m, const struct said_at *at, const char *what,
		const json_t *value, struct strv *names, struct mount *ret)
{
	cleanup_free char *text = NULL;

	if (json_is_object(value))
		return read_object(m, at, what, value, names, ret);
	text = layer_text(m, at, what, value, VARIABLES_TEXT, names);
	if (text)
		read_text(text, ret);
	return text;
}

char *mount_cache_name(const char *volume)
{
	char *name = xasprintf("%s%s", value_name(volume) ? "" : "v", volume);
	struct digest sum;

	for (char *c = name; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9') || strchr("._-", *c)))
			*c = '-';
	if (strlen(name) > CACHE_NAME_MAX) {
		char *cut;

		hash_bytes(volume, strlen(volume), &sum);
		cut = xasprintf("%.*s-%.16s", CACHE_NAME_MAX, name, sum.hex);
		free(name);
		return cut;
	}
	return name;
}

/* A missing source is made in the project; elsewhere it is an error of the start, as of Docker's. */
static char *bind_value(const struct merging *m, const struct said_at *at,
			const struct mount *mount)
{
	bool absolute = *mount->source == '/';
	cleanup_free char *source = absolute ? path_normalize("/", mount->source)
					     : xstrdup(mount->source);
	bool inside = path_is_beneath(source, m->resolution->project);

	if (!inside && mount->create && absolute && !resolution_look(m->resolution, source)) {
		resolution_note(m->resolution, at,
				"nothing is mounted at '%s': there is no '%s', which is not in the "
				"project and so is not made",
				mount->target, source);
		return NULL;
	}
	return xasprintf("%s%s%s", source, mount->read_only ? " ro" : "", inside ? " create" : "");
}

/* What follows "target =" in [mounts]; NULL, with a note: it is left out. The caller frees it. */
static char *mount_value(const struct merging *m, const struct said_at *at,
			 const struct mount *mount)
{
	const char *read_only = mount->read_only ? " ro" : "";
	const char *type = mount->type ? mount->type : "volume";
	cleanup_free char *name = NULL;

	if (path_is_reserved(mount->target)) {
		resolution_note(m->resolution, at,
				"the mount at '%s' is left out: a box has its own /dev, /proc and "
				"/sys; 'devices' in sandbox.ini lends devices",
				mount->target);
		return NULL;
	}
	if (streq(type, "tmpfs"))
		return mount->size ? xasprintf("tmpfs size=%s", mount->size) : xstrdup("tmpfs");
	if (!mount->source || !*mount->source) {
		/* A volume without a name is the box's own, as all of its root is. */
		if (!streq(type, "volume"))
			resolution_note(m->resolution, at, "the mount at '%s' has no source",
					mount->target);
		return NULL;
	}
	if (streq(path_basename(mount->source), "docker.sock")) {
		resolution_note(m->resolution, at,
				"'%s' is left out: whoever has the socket of Docker is root on "
				"this machine; a line of [mounts] in sandbox.ini lends it all the "
				"same",
				mount->target);
		return NULL;
	}
	if (streq(type, "bind"))
		return bind_value(m, at, mount);
	if (streq(type, "volume")) {
		name = mount_cache_name(mount->source);
		return xasprintf("cache:%s%s", name, read_only);
	}
	resolution_note(m->resolution, at, "the mount at '%s' has the unknown type '%s'",
			mount->target, type);
	return NULL;
}

static void add_mount(struct merging *m, const struct said_at *at, const json_t *value)
{
	cleanup_mount struct mount mount = {0};
	cleanup_strv struct strv names = {0};
	cleanup_free char *text = NULL, *used = NULL, *what = NULL;

	if (!mount_read(m, at, "a mount", value, &names, &mount))
		return;
	if (!mount.target) {
		resolution_note(m->resolution, at, "a mount is left out: it has no target");
		return;
	}
	text = mount_value(m, at, &mount);
	if (!text)
		return;
	used = strv_join(&names, " ");
	what = xasprintf("the mount at '%s'", mount.target);
	resolution_set(m->resolution, at, what, "mounts", mount.target, text, used);
}

void mount_merge(struct merging *m)
{
	for (size_t i = 0; i < m->layers.n; i++) {
		const struct layer_json *l = &m->layers.v[i];
		const json_t *list = json_object_get(l->root, "mounts");
		struct said_at at = layer_at(l, "mounts", NULL, -1);

		if (list && !json_is_array(list) && !json_is_null(list))
			resolution_note(m->resolution, &at,
					"'mounts' is left out: expected an array");
		for (size_t j = 0; j < json_array_size(list); j++) {
			at = layer_at(l, "mounts", NULL, (long)j);
			add_mount(m, &at, json_array_get(list, j));
		}
	}
}
