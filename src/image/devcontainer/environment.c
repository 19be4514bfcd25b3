/*
 * environment.c - containerEnv and remoteEnv to [env], forwardPorts and appPort to [ports].
 *
 * A box has no environment of its own: both kinds of variables are those of its sessions.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/env.h"
#include "config/port_value.h"
#include "image/devcontainer/layers.h"

static void add_variable(struct merging *m, const struct layer_json *l, const char *key,
			 const char *name, const json_t *value)
{
	struct said_at at = layer_at(l, key, name, -1);
	cleanup_free char *what = xasprintf("%s.%s", key, name), *text = NULL, *used = NULL;
	cleanup_free char *plain = NULL;
	cleanup_strv struct strv names = {0};

	/* In the file it means that the variable is not set. */
	if (json_is_null(value))
		return;
	text = layer_text(m, &at, what, value, VARIABLES_ENV, &names);
	if (!text)
		return;
	used = strv_join(&names, " ");
	resolution_set(m->resolution, &at, what, "env", name, text, used);
	plain = layer_text(m, &at, what, value, VARIABLES_TEXT, NULL);
	if (plain)
		env_set(&m->env, name, plain);
}

static void add_variables(struct merging *m, const char *key)
{
	for (size_t i = 0; i < m->layers.n; i++) {
		const struct layer_json *l = &m->layers.v[i];
		json_t *object = json_object_get(l->root, key);
		struct said_at at = layer_at(l, key, NULL, -1);

		if (object && !json_is_object(object) && !json_is_null(object))
			resolution_note(m->resolution, &at, "'%s' is left out: expected an object",
					key);
		for (void *it = json_object_iter(object); it;
		     it = json_object_iter_next(object, it))
			add_variable(m, l, key, json_object_iter_key(it),
				     json_object_iter_value(it));
	}
}

void environment_merge(struct merging *m)
{
	add_variables(m, "containerEnv");
	add_variables(m, "remoteEnv");
}

/* "8080:80", "127.0.0.1:8080:80", as docker-run(1) has it with -p; "80" is the same on both sides. */
static void add_published(struct merging *m, const struct said_at *at, const char *text)
{
	cleanup_free char *host = NULL, *box = NULL;

	port_value_split(text, &host, &box);
	if (strv_has(&m->published, box))
		return; /* by a service, in the network of the box */
	resolution_set(m->resolution, at, "a port", "ports", strchr(text, ':') ? host : box, box,
		       NULL);
}

/* NAME:PORT of a service, unless that publishes it anyway. */
static void add_service_port(struct merging *m, const struct said_at *at, const char *text)
{
	const char *port = strrchr(text, ':') + 1;
	cleanup_free char *name = xstrndup(text, (size_t)(port - text - 1));
	cleanup_free char *section = xasprintf("service %s", name);
	cleanup_free char *value = xasprintf("%s:%s", port, port);

	if (!strv_has(&m->services, name))
		resolution_note(m->resolution, at,
				"port '%s' is left out: there is no service '%s'", text, name);
	else if (!strv_has(&m->published, text))
		resolution_set(m->resolution, at, "a port", section, "ports", value, NULL);
}

/* Of "NAME:PORT" the name is that of a service of a compose file, or this machine. */
static void add_forwarded(struct merging *m, const struct said_at *at, const char *text)
{
	const char *colon = strrchr(text, ':');
	bool local = colon && (starts_with(text, "localhost:") || starts_with(text, "127.0.0.1:"));

	if (colon && !local) {
		add_service_port(m, at, text);
		return;
	}
	text = colon ? colon + 1 : text;
	if (!strv_has(&m->published, text))
		resolution_set(m->resolution, at, "a port", "ports", text, text, NULL);
}

static void add_ports(struct merging *m, const struct layer_json *l, const char *key,
		      void (*add)(struct merging *m, const struct said_at *at, const char *text))
{
	const json_t *value = json_object_get(l->root, key);
	bool list = json_is_array(value);
	size_t n = list ? json_array_size(value) : value && !json_is_null(value);

	for (size_t i = 0; i < n; i++) {
		const json_t *port = list ? json_array_get(value, i) : value;
		struct said_at at = layer_at(l, key, NULL, list ? (long)i : -1);
		cleanup_free char *text = layer_text(m, &at, "a port", port, VARIABLES_TEXT, NULL);

		if (text)
			add(m, &at, text);
	}
}

void environment_ports(struct merging *m)
{
	for (size_t i = 0; i < m->layers.n; i++) {
		add_ports(m, &m->layers.v[i], "forwardPorts", add_forwarded);
		add_ports(m, &m->layers.v[i], "appPort", add_published);
	}
}
