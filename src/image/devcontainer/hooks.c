/*
 * hooks.c - the six commands of a dev container's life to [hooks].
 *
 *	initializeCommand				initialize, on the host
 *	onCreate-, updateContent-, postCreateCommand	create, one after the other
 *	entrypoint of features, postStartCommand	start
 *	postAttachCommand				enter
 *
 * Of each, first what the image's label has, then devcontainer.json. All that comes before a shell
 * has ended when it opens, unless waitFor names one of them: what comes after that one goes on in
 * the background, still one after the other. Each hook has a mark in the box's memory while its
 * background runs, for which those of the next ones wait; it stays if a command has failed.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "config/schema.h"
#include "image/devcontainer/command.h"
#include "image/devcontainer/layers.h"

#define MARK "/dev/shm/.devcontainer-" /* empty again at each start of the box */

#define ENTRYPOINT "entrypoint" /* of a feature: it never goes on in the background */

/* In the order of their lives. */
static const struct {
	const char *key;
	enum schema_id hook;
} stages[] = {
	{"initializeCommand", KEY_HOOKS_INITIALIZE},
	{"onCreateCommand", KEY_HOOKS_CREATE},
	{"updateContentCommand", KEY_HOOKS_CREATE},
	{"postCreateCommand", KEY_HOOKS_CREATE},
	{ENTRYPOINT, KEY_HOOKS_START},
	{"postStartCommand", KEY_HOOKS_START},
	{"postAttachCommand", KEY_HOOKS_ENTER},
};

struct hook {
	struct buf text, later; /* in the foreground, in the background */
	struct strv names;
	struct said_at at;
	const char *what; /* the last one of its commands */
};

#define HOOK_INIT                                   \
	{                                           \
		.text = BUF_INIT, .later = BUF_INIT \
	}

static void hook_clear(struct hook *h)
{
	buf_free(&h->text);
	buf_free(&h->later);
	strv_clear(&h->names);
}
#define cleanup_hook __attribute__((cleanup(hook_clear)))

static void take(const struct merging *m, const struct layer_json *l, const char *key, bool later,
		 struct hook *h)
{
	const json_t *value = json_object_get(l->root, key);
	struct said_at at = layer_at(l, key, NULL, -1);
	struct buf *to = later ? &h->later : &h->text;
	size_t before = to->len;
	cleanup_free char *wrong = command_add(value, &m->variables, to, &h->names);

	if (wrong)
		resolution_note(m->resolution, &at, "%s is left out: %s", key, wrong);
	if (wrong || to->len == before)
		return;
	h->at = at;
	h->what = key;
}

/* Lines that run the commands of a hook in the background, after those of the hooks before it. */
static void add_later(const char *name, struct hook *h)
{
	if (!h->later.len)
		return;
	h->later.data[--h->later.len] = '\0'; /* the last newline */
	buf_addf(&h->text,
		 "echo '%s goes on in the background' >&2\n"
		 ": >" MARK "%s\n"
		 "{\n"
		 "trap '' HUP\n"
		 "for mark in create start; do\n"
		 "[ $mark != %s ] || break\n"
		 "while [ -e " MARK "$mark ]; do\n"
		 "[ ! -s " MARK "$mark ] || exit 1\n"
		 "sleep 1\n"
		 "done\n"
		 "done\n"
		 "if /bin/sh -ec ",
		 h->what, name, name);
	command_add_quoted(&h->text, h->later.data);
	buf_addf(&h->text,
		 "\nthen rm -f " MARK "%s\n"
		 "else echo '%s has failed' | tee " MARK "%s >&2\n"
		 "fi\n"
		 "} &\n",
		 name, h->what, name);
}

static void add(const struct merging *m, enum schema_id id, struct hook *h)
{
	cleanup_free char *used = strv_join(&h->names, " ");
	const struct schema_key *row = &schema_keys[id];

	add_later(row->key, h);
	if (!h->text.len)
		return;
	h->text.data[--h->text.len] = '\0'; /* the last newline */
	resolution_set(m->resolution, &h->at, h->what, row->section, row->key, h->text.data, used);
}

/* The stage that waitFor names; without it, or with another word, the last one. */
static size_t find_wait(const struct merging *m)
{
	const struct layer_json *l = layers_last(&m->layers, "waitFor");
	const char *word = l ? json_string_value(json_object_get(l->root, "waitFor")) : NULL;
	struct said_at at;

	for (size_t i = 0; word && i < ARRAY_SIZE(stages); i++)
		if (streq(word, stages[i].key))
			return i;
	if (l) {
		at = layer_at(l, "waitFor", NULL, -1);
		resolution_note(m->resolution, &at,
				"waitFor names no command of a dev container's life");
	}
	return ARRAY_SIZE(stages);
}

void hooks_merge(struct merging *m)
{
	size_t wait = find_wait(m), first = 0;
	/* An image must not run anything on the host. */
	struct layers file = {.v = m->layers.v + m->layers.n - 1, .n = 1};

	while (first < ARRAY_SIZE(stages)) {
		enum schema_id id = stages[first].hook;
		const struct layers *from = first ? &m->layers : &file;
		cleanup_hook struct hook h = HOOK_INIT;

		for (; first < ARRAY_SIZE(stages) && stages[first].hook == id; first++)
			for (size_t i = 0; i < from->n; i++)
				take(m, &from->v[i], stages[first].key,
				     first > wait && !streq(stages[first].key, ENTRYPOINT), &h);
		add(m, id, &h);
	}
}
