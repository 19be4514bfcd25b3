/*
 * layers.c - see layers.h.
 */
#include "image/devcontainer/layers.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "image/document/json_line.h"

struct said_at layer_at(const struct layer_json *l, const char *key, const char *member, long item)
{
	return (struct said_at){.where = l->where,
				.line = l->text ? json_line(l->text, l->len, key, member, item)
						: l->line};
}

/* Numbers and booleans stand for the text that they are written as. */
static char *plain_text(const json_t *value)
{
	if (json_is_string(value))
		return xstrdup(json_string_value(value));
	if (json_is_integer(value))
		return xasprintf("%lld", (long long)json_integer_value(value));
	if (json_is_boolean(value))
		return xstrdup(json_is_true(value) ? "true" : "false");
	return NULL;
}

char *layer_text(const struct merging *m, const struct said_at *at, const char *what,
		 const json_t *value, enum variables_for what_for, struct strv *names)
{
	cleanup_free char *text = plain_text(value), *wrong = NULL;
	cleanup_buf struct buf out = BUF_INIT;

	if (!text) {
		resolution_note(m->resolution, at, "%s is left out: expected a string", what);
		return NULL;
	}
	wrong = variables_expand(&m->variables, text, what_for, &out, names);
	if (wrong) {
		resolution_note(m->resolution, at, "%s is left out: %s", what, wrong);
		return NULL;
	}
	return buf_detach(&out);
}

const struct layer_json *layers_last(const struct layers *l, const char *key)
{
	for (size_t i = l->n; i-- > 0;) {
		const json_t *value = json_object_get(l->v[i].root, key);

		if (value && !json_is_null(value))
			return &l->v[i];
	}
	return NULL;
}
