/*
 * compose_volume.c - see compose_volume.h.
 *
 * Of a directory above the project only the project is mounted: what else is there is nobody's
 * business. A missing directory is made in the project, and nowhere else.
 */
#include "image/devcontainer/compose_volume.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/proc.h"

void compose_volume_clear(struct compose_volume *v)
{
	free(v->source);
	free(v->target);
	free(v->size);
	*v = (struct compose_volume){0};
}

/* "~" is the host's home, anything else relative to the file. */
static char *host_path(const struct node *at, const char *path)
{
	cleanup_free char *home = NULL;
	cleanup_user struct user u = {0};

	if (path[0] != '~' || (path[1] && path[1] != '/'))
		return path_normalize(at->dir, path);
	user_self(&u);
	home = user_home(&u);
	return path_normalize(home, path[1] ? path + 2 : ".");
}

static void set_source(const struct node *at, const char *source, struct compose_volume *v)
{
	bool path = strchr("./~", *source) && *source;

	v->kind = path ? VOLUME_BIND : VOLUME_NAMED;
	v->source = path ? host_path(at, source) : *source ? xstrdup(source) : NULL;
	v->create = path;
}

/* [SOURCE:]TARGET[:OPTION,OPTION] */
static void read_short(const struct node *n, struct compose_volume *v)
{
	cleanup_free char *copy = xstrdup(n->text);
	char *rest = copy, *first = strsep(&rest, ":"), *target = strsep(&rest, ":"), *option;

	if (!target) {
		v->target = xstrdup(first);
		return;
	}
	set_source(n, first, v);
	v->target = xstrdup(target);
	while ((option = strsep(&rest, ",")))
		v->read_only |= streq(option, "ro");
}

static void read_long(const struct node *n, struct compose_volume *v)
{
	const char *type = node_text(n, "type"), *source = node_text(n, "source");
	const char *target = node_text(n, "target");
	const char *size = node_text(node_get(n, "tmpfs"), "size");
	const struct node *create = node_get(node_get(n, "bind"), "create_host_path");

	source = source ? source : node_text(n, "src");
	target = target ? target : node_text(n, "dst");
	target = target ? target : node_text(n, "destination");
	if (type && streq(type, "tmpfs")) {
		v->kind = VOLUME_TMPFS;
		v->size = xstrdup(size);
	} else if (type && streq(type, "bind")) {
		v->kind = VOLUME_BIND;
		v->source = source ? host_path(n, source) : NULL;
		v->create = !create || compose_is_true(create);
	} else if (type && !streq(type, "volume")) {
		v->kind = VOLUME_OTHER;
	} else {
		v->source = source && *source ? xstrdup(source) : NULL;
	}
	v->target = xstrdup(target);
	v->read_only = compose_is_true(node_get(n, "read_only")) ||
		       compose_is_true(node_get(n, "readonly"));
}

const char *compose_volume_parse(const struct node *n, struct compose_volume *ret)
{
	cleanup_compose_volume struct compose_volume v = {0};

	if (n->kind == NODE_TEXT)
		read_short(n, &v);
	else if (n->kind == NODE_MAP)
		read_long(n, &v);
	if (v.kind == VOLUME_OTHER)
		return "its type is unknown";
	if (!v.target || v.target[0] != '/')
		return "it has no absolute target";
	if (path_is_reserved(v.target))
		return "a box has its own /dev, /proc and /sys; 'devices' in sandbox.ini lends "
		       "devices";
	if (v.kind == VOLUME_BIND && !v.source)
		return "it has no source";
	if (v.source && streq(path_basename(v.source), "docker.sock"))
		return "whoever has the socket of Docker is root on this machine";
	*ret = v;
	v = (struct compose_volume){0};
	return NULL;
}

bool compose_volume_read(struct composing *cs, const struct node *n, struct compose_volume *ret)
{
	const char *why = compose_volume_parse(n, ret);
	const char *shown = n->text ? n->text : node_text(n, "target");
	struct said_at at = compose_at(n);

	if (why)
		resolution_note(cs->resolution, &at, "the volume '%s' is left out: %s",
				shown ? shown : "", why);
	return !why;
}

char *compose_project_in(const struct composing *cs, const struct node *n,
			 const struct compose_volume *v)
{
	const char *project = cs->resolution->project;
	cleanup_free char *real = v->kind == VOLUME_BIND ? realpath(v->source, NULL) : NULL;
	cleanup_free char *all = NULL, *inside = NULL;
	struct said_at at;

	if (!real || !path_is_beneath(project, real))
		return NULL;
	all = xasprintf("%s/%s", v->target, project + (streq(real, "/") ? 1 : strlen(real)));
	inside = path_normalize("/", all);
	if (n && !streq(real, project)) {
		at = compose_at(n);
		resolution_note(cs->resolution, &at, "of '%s' only the project is mounted, at '%s'",
				v->source, inside);
	}
	return take_ptr(inside);
}

bool compose_is_made(const struct composing *cs, const struct compose_volume *v)
{
	return v->create && path_is_beneath(v->source, cs->resolution->project);
}

bool compose_is_there(struct composing *cs, const char *name, const struct node *n,
		      const struct compose_volume *v)
{
	struct said_at at = compose_at(n);

	/* One that must be there is an error of the start. */
	if (!v->create || compose_is_made(cs, v) || resolution_look(cs->resolution, v->source))
		return true;
	resolution_note(cs->resolution, &at,
			"service '%s': nothing is mounted at '%s': there is no '%s', which is not "
			"in the project and so is not made",
			name, v->target, v->source);
	return false;
}
