/*
 * hooks.c - the six commands of a dev container's life to [hooks].
 *
 *	initializeCommand				initialize, on the host
 *	onCreate-, updateContent-, postCreateCommand	create, one after the other
 *	postStartCommand				start
 *	postAttachCommand				enter
 *
 * Of each, first what the image's label has, then devcontainer.json. All that comes before a shell
 * has ended when it opens: waitFor names what must have.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "config/schema.h"
#include "image/devcontainer/command.h"
#include "image/devcontainer/layers.h"

struct hook {
	struct buf text;
	struct strv names;
	struct said_at at;
};

static void hook_clear(struct hook *h)
{
	buf_free(&h->text);
	strv_clear(&h->names);
}
#define cleanup_hook __attribute__((cleanup(hook_clear)))

static void take(const struct merging *m, const struct layer_json *l, const char *key,
		 struct hook *h)
{
	const json_t *value = json_object_get(l->root, key);
	struct said_at at = layer_at(l, key, NULL, -1);
	size_t before = h->text.len;
	cleanup_free char *wrong = command_add(value, &m->variables, &h->text, &h->names);

	if (wrong)
		resolution_note(m->resolution, &at, "%s is left out: %s", key, wrong);
	else if (h->text.len > before)
		h->at = at;
}

static void add(const struct merging *m, const char *what, enum schema_id id, struct hook *h)
{
	cleanup_free char *used = strv_join(&h->names, " ");
	const struct said_at *at = &h->at;
	const struct schema_key *row = &schema_keys[id];

	if (!h->text.len)
		return;
	h->text.data[--h->text.len] = '\0'; /* the last newline */
	resolution_set(m->resolution, at, what, row->section, row->key, h->text.data, used);
}

static void merge(struct merging *m, const char *const *keys, size_t n, enum schema_id id)
{
	cleanup_hook struct hook h = {.text = BUF_INIT};

	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < m->layers.n; i++)
			take(m, &m->layers.v[i], keys[k], &h);
	add(m, keys[n - 1], id, &h);
}

static void check_wait(const struct merging *m)
{
	static const char *const stages[] = {"initializeCommand",    "onCreateCommand",
					     "updateContentCommand", "postCreateCommand",
					     "postStartCommand",     "postAttachCommand"};
	const struct layer_json *l = layers_last(&m->layers, "waitFor");
	const char *stage = l ? json_string_value(json_object_get(l->root, "waitFor")) : NULL;
	struct said_at at;

	if (!l || (stage && is_among(stage, stages, ARRAY_SIZE(stages))))
		return;
	at = layer_at(l, "waitFor", NULL, -1);
	resolution_note(m->resolution, &at, "waitFor names no command of a dev container's life");
}

void hooks_merge(struct merging *m)
{
	static const char *const create[] = {"onCreateCommand", "updateContentCommand",
					     "postCreateCommand"};
	static const char *const start[] = {"postStartCommand"};
	static const char *const attach[] = {"postAttachCommand"};
	cleanup_hook struct hook initialize = {.text = BUF_INIT};

	/* An image must not run anything on the host. */
	take(m, layers_file(&m->layers), "initializeCommand", &initialize);
	add(m, "initializeCommand", KEY_HOOKS_INITIALIZE, &initialize);
	merge(m, create, ARRAY_SIZE(create), KEY_HOOKS_CREATE);
	merge(m, start, ARRAY_SIZE(start), KEY_HOOKS_START);
	merge(m, attach, ARRAY_SIZE(attach), KEY_HOOKS_ENTER);
	check_wait(m);
}
