/*
 * image_config.c - the config of an image (image-spec, config.md), read and written.
 */
#include "image/document/image_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/document/json_read.h"
#include "image/store/layer_stack.h"

/* The size limit of a config, CONFIG_MAX_BYTES, limits lists enough. */
#define LIST_MAX CONFIG_MAX_BYTES

void config_clear(struct image_config *c)
{
	platform_clear(&c->platform);
	free(c->created);
	free(c->author);
	free(c->diff_ids);
	strv_clear(&c->env);
	free(c->user);
	free(c->workdir);
	free(c->stop_signal);
	strv_clear(&c->entrypoint);
	strv_clear(&c->cmd);
	strv_clear(&c->volumes);
	strv_clear(&c->exposed);
	strv_clear(&c->health.test);
	strv_clear(&c->label_keys);
	strv_clear(&c->label_values);
	strv_clear(&c->notes);
	for (size_t i = 0; i < c->n_history; i++) {
		free(c->history[i].created);
		free(c->history[i].created_by);
		free(c->history[i].comment);
	}
	free(c->history);
	*c = (struct image_config){0};
}

static int read_diff_ids(const json_t *j, struct image_config *c, struct err *e)
{
	cleanup_strv struct strv texts = {0};
	json_t *rootfs;
	int r = json_get(j, "rootfs", JSON_OBJECT, &rootfs, e);

	if (r == 0 && !rootfs)
		r = err_set(e, EBADMSG, "it has no rootfs");
	if (r == 0)
		r = json_get_list(rootfs, "diff_ids", IMAGE_MAX_LAYERS, &texts, e);
	if (r < 0)
		return r;
	c->diff_ids = xcalloc(texts.n + 1, sizeof(*c->diff_ids));
	for (; r == 0 && c->n_layers < texts.n; c->n_layers++)
		r = digest_parse(texts.v[c->n_layers], &c->diff_ids[c->n_layers], e);
	if (r < 0)
		e->code = EBADMSG;
	return r < 0 ? -EBADMSG : 0;
}

/* What no session needs is left out if it is invalid, with a note. */
static void optional(struct image_config *c, int r, const struct err *e)
{
	if (r < 0)
		strv_push(&c->notes, e->msg);
}

/* The keys of an object, such as Volumes: {"/data": {}}. */
static int read_keys(const json_t *j, const char *key, struct strv *ret, struct err *e)
{
	json_t *object;
	int r = json_get(j, key, JSON_OBJECT, &object, e);

	if (r < 0)
		return r;
	for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it))
		strv_push(ret, json_object_iter_key(it));
	return 0;
}

static int read_health(const json_t *j, struct image_health *h, struct err *e)
{
	struct {
		const char *key;
		long long *to;
	} const numbers[] = {{"Interval", &h->interval},
			     {"Timeout", &h->timeout},
			     {"StartPeriod", &h->start_period},
			     {"Retries", &h->retries}};
	json_t *object, *number;
	int r = json_get(j, "Healthcheck", JSON_OBJECT, &object, e);

	if (r < 0 || !object)
		return r;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(numbers); i++) {
		r = json_get(object, numbers[i].key, JSON_INTEGER, &number, e);
		if (number && json_integer_value(number) > 0)
			*numbers[i].to = json_integer_value(number);
	}
	return r < 0 ? r : json_get_list(object, "Test", LIST_MAX, &h->test, e);
}

/* A null label counts as empty, as in Go. */
static int read_labels(const json_t *j, struct image_config *c, struct err *e)
{
	json_t *object;
	int r = json_get(j, "Labels", JSON_OBJECT, &object, e);

	if (r < 0)
		return r;
	for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it)) {
		const json_t *value = json_object_iter_value(it);
		const char *text = json_is_null(value) ? "" : json_string_value(value);

		if (!text) {
			r = err_set(e, EBADMSG, "a label is not a string");
			continue;
		}
		strv_push(&c->label_keys, json_object_iter_key(it));
		strv_push(&c->label_values, text);
	}
	return r;
}

/* An entry without a name before '=' cannot be set; Docker drops it as well. */
static void drop_nameless(struct strv *env)
{
	size_t kept = 0;

	for (size_t i = 0; i < env->n; i++) {
		const char *equals = strchr(env->v[i], '=');

		if (equals && equals != env->v[i])
			env->v[kept++] = env->v[i];
		else
			free(env->v[i]);
	}
	env->n = kept;
	if (env->v)
		env->v[kept] = NULL;
}

static int read_execution(const json_t *j, struct image_config *c, struct err *e)
{
	json_t *config;
	int r = json_get(j, "config", JSON_OBJECT, &config, e);

	if (r < 0 || !config)
		return r;
	r = json_get_list(config, "Env", LIST_MAX, &c->env, e);
	if (r == 0)
		r = json_get_text(config, "User", &c->user, e);
	if (r == 0)
		r = json_get_text(config, "WorkingDir", &c->workdir, e);
	if (r == 0)
		r = json_get_list(config, "Entrypoint", LIST_MAX, &c->entrypoint, e);
	if (r == 0)
		r = json_get_list(config, "Cmd", LIST_MAX, &c->cmd, e);
	drop_nameless(&c->env);
	if (r < 0)
		return r;
	optional(c, json_get_text(config, "StopSignal", &c->stop_signal, e), e);
	optional(c, read_keys(config, "Volumes", &c->volumes, e), e);
	optional(c, read_keys(config, "ExposedPorts", &c->exposed, e), e);
	optional(c, read_health(config, &c->health, e), e);
	optional(c, read_labels(config, c, e), e);
	return 0;
}

static int read_step(const json_t *j, struct image_history *h, struct err *e)
{
	int r;

	if (!json_is_object(j))
		return err_set(e, EBADMSG, "its history has an entry that is not an object");
	r = json_get_text(j, "created", &h->created, e);
	if (r == 0)
		r = json_get_text(j, "created_by", &h->created_by, e);
	if (r == 0)
		r = json_get_text(j, "comment", &h->comment, e);
	h->empty_layer = json_is_true(json_get_any(j, "empty_layer"));
	return r;
}

static int read_history(const json_t *j, struct image_config *c, struct err *e)
{
	json_t *list;
	int r = json_get(j, "history", JSON_ARRAY, &list, e);

	if (r < 0)
		return r;
	c->history = xcalloc(json_array_size(list) + 1, sizeof(*c->history));
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = read_step(json_array_get(list, i), &c->history[c->n_history++], e);
	return r;
}

int config_parse(const char *text, size_t len, struct image_config *ret, struct err *e)
{
	cleanup_json json_t *j = NULL;
	cleanup_config struct image_config c = {0};
	int r = json_read(text, len, "the image's config", &j, e);

	if (r == 0)
		r = json_get_text(j, "os", &c.platform.os, e);
	if (r == 0)
		r = json_get_text(j, "architecture", &c.platform.arch, e);
	if (r == 0)
		r = json_get_text(j, "variant", &c.platform.variant, e);
	if (r == 0)
		r = read_diff_ids(j, &c, e);
	if (r == 0)
		r = read_execution(j, &c, e);
	if (r < 0)
		return err_add(e, "the image's config is damaged");
	optional(&c, json_get_text(j, "created", &c.created, e), e);
	optional(&c, json_get_text(j, "author", &c.author, e), e);
	optional(&c, read_history(j, &c, e), e);
	*ret = c;
	c = (struct image_config){0};
	return 0;
}

static json_t *format_list(const struct strv *list)
{
	json_t *a = json_array();

	for (size_t i = 0; i < list->n; i++)
		json_array_append_new(a, json_string(list->v[i]));
	return a;
}

static json_t *format_history(const struct image_config *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->n_history; i++) {
		const struct image_history *h = &c->history[i];

		json_array_append_new(list, json_pack("{s:s*, s:s*, s:s*}", "created", h->created,
						      "created_by", h->created_by, "comment",
						      h->comment));
	}
	return list;
}

char *config_format(const struct image_config *c)
{
	json_t *diff_ids = json_array();
	cleanup_json json_t *j = json_pack(
		"{s:s, s:s, s:s*, s:s*, s:{s:s, s:o}, s:{s:o, s:o}, s:o}", "os", c->platform.os,
		"architecture", c->platform.arch, "variant", c->platform.variant, "created",
		c->created, "rootfs", "type", "layers", "diff_ids", diff_ids, "config", "Env",
		format_list(&c->env), "Cmd", format_list(&c->cmd), "history", format_history(c));

	for (size_t i = 0; i < c->n_layers; i++)
		json_array_append_new(diff_ids, json_string(digest_text(&c->diff_ids[i]).s));
	return j ? json_dumps(j, JSON_COMPACT) : NULL;
}
