/*
 * compose_build.c - the image of a service: the one that it names, or what is built from a
 * Dockerfile.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "build/remote.h"
#include "image/devcontainer/composing.h"
#include "image/devcontainer/dockerfile.h"
#include "image/devcontainer/features.h"

/* Keys of `build`, other than those that are read, which change nothing in the image. */
static const char *const silent[] = {
	"cache_to", "labels", "network",  "no_cache", "platforms", "privileged", "provenance",
	"pull",	    "sbom",   "shm_size", "tags",     "ulimits",   "isolation",	 "extra_hosts"};

void compose_leave_out(struct composing *cs, const char *name, const struct node *n,
		       const char *why)
{
	struct said_at at = compose_at(n);

	if (streq(name, cs->own))
		resolution_cannot(cs->resolution, &at, "service '%s': %s", name, why);
	else
		resolution_note(cs->resolution, &at, "service '%s' is left out: %s", name, why);
}

static void note_keys(struct composing *cs, const struct node *build)
{
	static const char *const used[] = {
		"context",    "dockerfile", "dockerfile_inline",   "target", "args",
		"cache_from", "secrets",    "additional_contexts", "ssh"};

	for (size_t i = 0; build->kind == NODE_MAP && i < build->n; i++) {
		const char *key = build->v[i].key;
		struct said_at at = compose_at(build->v[i].value);

		if (!is_among(key, used, ARRAY_SIZE(used)) &&
		    !is_among(key, silent, ARRAY_SIZE(silent)) && !starts_with(key, "x-"))
			resolution_note(cs->resolution, &at, "'%s' of a build is left out", key);
	}
}

static void add_names(const struct node *n, struct strv *to)
{
	for (size_t i = 0; n && i < n->names.n; i++)
		if (!strv_has(to, n->names.v[i]))
			strv_push(to, n->names.v[i]);
}

/* NAME without a value is the host's variable. */
static void add_arguments(const struct composing *cs, const struct node *args,
			  struct dockerfile_build *d)
{
	for (size_t i = 0; args && args->kind == NODE_MAP && i < args->n; i++) {
		const struct node *value = args->v[i].value;
		const char *text = value->text;

		if (value->kind == NODE_NULL)
			text = values_get(&cs->compose.values, args->v[i].key, &d->names);
		if (!text)
			continue;
		add_names(value, &d->names);
		strv_push_take(&d->args, xasprintf("%s=%s", args->v[i].key, text));
	}
}

static void add_caches(struct composing *cs, const struct node *list, struct dockerfile_build *d)
{
	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->n; i++) {
		const struct node *n = list->v[i].value;
		struct said_at at = compose_at(n);

		if (n->text)
			dockerfile_add_cache(cs->resolution, &at, "cache_from", n->text, d);
		add_names(n, &d->names);
	}
}

static void set_places(const struct node *build, struct dockerfile_build *d)
{
	const struct node *file = node_get(build, "dockerfile");
	const struct node *context = node_get(build, "context");
	const struct node *inline_text = node_get(build, "dockerfile_inline");

	d->remote = context && context->text && dockerfile_is_remote(context->text);
	d->context = d->remote ? xstrdup(context->text)
			       : path_normalize(context ? context->dir : build->dir,
						context && context->text ? context->text : ".");
	d->text = inline_text ? inline_text->text : NULL;
	if (!d->text && d->remote)
		d->file = file ? xstrdup(file->text) : NULL;
	else if (!d->text)
		d->file = path_normalize(d->context,
					 file && file->text ? file->text : "Dockerfile");
	add_names(file, &d->names);
	add_names(inline_text, &d->names);
	add_names(context, &d->names);
}

/*
 * service:OTHER: the image of that service, which is built before. NULL, as was said: there is none. The
 * caller frees it.
 */
static char *context_of_service(struct composing *cs, const char *name, const struct node *n,
				const char *other, struct dockerfile_build *d)
{
	const struct node *service = node_get(cs->services, other);
	cleanup_free char *image = NULL, *why = NULL, *way = NULL;

	if (!service) {
		why = xasprintf("its build needs '%s', which is no service", other);
	} else if (strv_has(&cs->building, other)) {
		way = strv_join(&cs->building, ", ");
		why = xasprintf("builds need each other in a circle: %s, %s", way, other);
	} else {
		image = compose_image(cs, other, service, NULL, &d->names);
		if (image)
			return xasprintf(SOURCE_DOCKER_IMAGE "%s", image);
		why = xasprintf("its build needs the image of '%s'", other);
	}
	compose_leave_out(cs, name, n, why);
	return NULL;
}

/*
 * The service that a context is of; NULL: of none. target:NAME is what 'buildx bake' calls it, whose targets
 * have the names of services, less dots; compose itself takes that for a directory.
 */
static const char *service_of_context(const struct composing *cs, const char *text)
{
	static const char service[] = "service:", target[] = "target:";

	if (starts_with(text, service))
		return text + strlen(service);
	for (size_t i = 0; starts_with(text, target) && i < cs->services->n; i++) {
		cleanup_free char *name = xstrdup(cs->services->v[i].key);

		for (char *dot = name; (dot = strchr(dot, '.'));)
			*dot = '_';
		if (streq(name, text + strlen(target)))
			return cs->services->v[i].key;
	}
	return NULL;
}

/*
 * A directory of the project, an image, another service's, too, or a repository. False, as was said: it
 * cannot be had.
 */
static bool add_contexts(struct composing *cs, const char *name, const struct node *map,
			 struct dockerfile_build *d)
{
	for (size_t i = 0; map && map->kind == NODE_MAP && i < map->n; i++) {
		const struct node *n = map->v[i].value;
		const char *text = n->text ? n->text : "";
		const char *other = service_of_context(cs, text);
		cleanup_free char *path = NULL, *real = NULL;
		struct said_at at = compose_at(n);

		if (!other && starts_with(text, "target:")) {
			resolution_note(cs->resolution, &at,
					"'%s' of additional_contexts is left out: expected a "
					"directory, docker-image://IMAGE, service:NAME or a git "
					"repository",
					map->v[i].key);
			continue;
		}
		if (other) {
			real = context_of_service(cs, name, n, other, d);
			if (!real)
				return false;
		} else if (!dockerfile_is_remote(text)) {
			path = path_normalize(n->dir, text);
			real = dockerfile_find(cs->resolution, d, "the context", path);
			if (!real)
				return false;
		}
		add_names(n, &d->names);
		strv_push_take(&d->contexts, xasprintf("%s=%s", map->v[i].key, real ? real : text));
	}
	return true;
}

/* The value of --secret from one of `secrets` at the top; NULL: why is in *ret_why. */
static char *secret_value(struct composing *cs, const struct node *secret, const char *id,
			  struct dockerfile_build *d, const char **ret_why)
{
	const struct node *file = node_get(secret, "file");
	const char *variable = node_text(secret, "environment");
	cleanup_free char *path = NULL, *real = NULL;

	*ret_why = "it is neither a file nor a variable";
	if (strchr(id, ',') || (variable && strchr(variable, ',')))
		return NULL;
	if (variable) {
		if (!strv_has(&d->names, variable))
			strv_push(&d->names, variable);
		return xasprintf("id=%s,env=%s", id, variable);
	}
	if (!file || !file->text)
		return NULL;
	path = path_normalize(file->dir, file->text);
	resolution_look(cs->resolution, path);
	real = realpath(path, NULL);
	*ret_why = real ? "its file is not in the project" : "its file does not exist";
	if (!real || !path_is_beneath(real, cs->resolution->project) || strchr(real, ','))
		return NULL;
	add_names(file, &d->names);
	return xasprintf("id=%s,src=%s,in=%s", id, real + strlen(cs->resolution->project) + 1,
			 cs->resolution->project);
}

static void add_secrets(struct composing *cs, const struct node *list, struct dockerfile_build *d)
{
	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->n; i++) {
		const struct node *n = list->v[i].value;
		const char *name = n->text ? n->text : node_text(n, "source");
		const char *id = node_text(n, "target");
		const struct node *all = node_get(cs->compose.root, "secrets");
		struct said_at at = compose_at(n);
		const char *why;
		char *value = secret_value(cs, name ? node_get(all, name) : NULL,
					   id	  ? id
					   : name ? name
						  : "",
					   d, &why);

		if (value)
			strv_push_take(&d->secrets, value);
		else
			resolution_note(cs->resolution, &at,
					"the secret '%s' of a build is left out: %s",
					name ? name : "", why);
	}
}

/* One of `ssh`, ID or ID=SOCKET: which socket is none of the project's business. */
static void add_agent(struct composing *cs, const struct node *n, const char *id,
		      const char *socket, struct dockerfile_build *d)
{
	const char *own = socket && *socket ? resolution_env(cs->resolution, "SSH_AUTH_SOCK")
					    : NULL;
	struct said_at at = compose_at(n);

	if (!*id || id[strcspn(id, "=,")] || (socket && *socket && !(own && streq(own, socket))))
		resolution_note(cs->resolution, &at,
				"'%s' in ssh of a build is left out: expected a name, such as "
				"default, for your agent",
				id);
	else
		strv_push(&d->agents, id);
}

static void add_agents(struct composing *cs, const struct node *ssh, struct dockerfile_build *d)
{
	for (size_t i = 0; ssh && ssh->kind != NODE_TEXT && i < ssh->n; i++) {
		const struct node *n = ssh->v[i].value;
		const char *text = ssh->kind == NODE_MAP ? ssh->v[i].key : n->text;
		cleanup_free char *id = text ? xstrndup(text, strcspn(text, "=")) : NULL;

		if (ssh->kind == NODE_MAP)
			add_agent(cs, n, text, n->text, d);
		else if (text)
			add_agent(cs, n, id, strchr(text, '=') ? strchr(text, '=') + 1 : NULL, d);
	}
	if (ssh && ssh->kind == NODE_TEXT)
		add_agent(cs, ssh, ssh->text, NULL, d);
}

/* What is built, from the key `build`; false, as was said: it cannot be. */
static bool read_build(struct composing *cs, const char *name, const struct node *build,
		       struct dockerfile_build *d)
{
	if (node_text(build, "dockerfile") && node_text(build, "dockerfile_inline")) {
		compose_leave_out(cs, name, node_get(build, "dockerfile_inline"),
				  "its build has both 'dockerfile' and 'dockerfile_inline'");
		return false;
	}
	set_places(build, d);
	d->target = xstrdup(node_text(build, "target"));
	add_names(node_get(build, "target"), &d->names);
	add_arguments(cs, node_get(build, "args"), d);
	add_caches(cs, node_get(build, "cache_from"), d);
	add_secrets(cs, node_get(build, "secrets"), d);
	add_agents(cs, node_get(build, "ssh"), d);
	note_keys(cs, build);
	return add_contexts(cs, name, node_get(build, "additional_contexts"), d);
}

/* How the image of that name is built, if a service does and calls it so; or NULL. */
static const struct node *builder_of(const struct composing *cs, const char *image)
{
	for (size_t i = 0; i < cs->services->n; i++) {
		const struct node *service = cs->services->v[i].value;
		const struct node *how = node_get(service, "build");
		const char *name = node_text(service, "image");

		if (how && how->kind != NODE_NULL && name && streq(name, image))
			return how;
	}
	return NULL;
}

/* How the image of a service is built, be it by another service; or NULL. */
static const struct node *build_of(const struct composing *cs, const struct node *service)
{
	const struct node *build = node_get(service, "build");
	const char *image = node_text(service, "image");

	if ((!build || build->kind == NODE_NULL) && image)
		build = builder_of(cs, image);
	return build && build->kind != NODE_NULL ? build : NULL;
}

static char *find_image(struct composing *cs, const char *name, const struct node *service,
			const struct layer_json *file, struct strv *names)
{
	const struct node *image = node_get(service, "image");
	const struct node *how = build_of(cs, service);
	bool built = how, features = file && features_are_named(file), can;
	cleanup_dockerfile_build struct dockerfile_build d = {.service = file ? NULL : name,
							      .features = BUF_INIT};

	d.at = compose_at(built ? how : service);
	if (!built && (!image || !image->text || !*image->text)) {
		compose_leave_out(cs, name, service, "it has neither 'image' nor 'build'");
		return NULL;
	}
	strv_push(&cs->building, name);
	can = !built || read_build(cs, name, how, &d);
	free(cs->building.v[--cs->building.n]);
	cs->building.v[cs->building.n] = NULL;
	if (!can)
		return NULL;
	if (!built)
		add_names(image, &d.names);
	if (file && (built || features))
		dockerfile_add_features(cs->m, file, &d);
	for (size_t i = 0; i < d.names.n; i++)
		strv_push(names, d.names.v[i]);
	if (!built && !features)
		return xstrdup(image->text);
	d.image = built ? NULL : xstrdup(image->text);
	return dockerfile_name(cs->resolution, &d);
}

/* The image of a service, without features, is looked for once: many builds may need it. */
char *compose_image(struct composing *cs, const char *name, const struct node *service,
		    const struct layer_json *file, struct strv *names)
{
	const struct composed_image *known = NULL;
	struct composed_image found = {.service = name};

	if (file)
		return find_image(cs, name, service, file, names);
	for (size_t i = 0; i < cs->n_images && !known; i++)
		known = streq(cs->images[i].service, name) ? &cs->images[i] : NULL;
	if (!known) {
		found.image = find_image(cs, name, service, NULL, &found.names);
		cs->images = xrealloc(cs->images, cs->n_images + 1, sizeof(*cs->images));
		cs->images[cs->n_images] = found;
		known = &cs->images[cs->n_images++];
	}
	for (size_t i = 0; i < known->names.n; i++)
		strv_push(names, known->names.v[i]);
	return xstrdup(known->image);
}

void compose_images_free(struct composing *cs)
{
	for (size_t i = 0; i < cs->n_images; i++) {
		free(cs->images[i].image);
		strv_clear(&cs->images[i].names);
	}
	free(cs->images);
	strv_clear(&cs->building);
}
