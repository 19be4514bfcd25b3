/*
 * build_state.c - the documents of an image while it is built.
 *
 * Promises to keep of a base what BuildKit keeps: the members of an OCI config, and of Docker's
 * what a Dockerfile can set.
 */
#include "build/engine/build_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "build/steps.h"
#include "image/document/image_config.h"
#include "image/document/json_read.h"
#include "image/layer/pack.h"
#include "image/store/layer_stack.h"

#define LIST_MAX 100000 /* more than the document has room for */

static json_t *object_of(json_t *doc, const char *key)
{
	json_t *o = json_object_get(doc, key);

	if (!json_is_object(o)) {
		o = json_object();
		json_object_set_new(doc, key, o);
	}
	return o;
}

static json_t *array_of(json_t *doc, const char *key)
{
	json_t *a = json_object_get(doc, key);

	if (!json_is_array(a)) {
		a = json_array();
		json_object_set_new(doc, key, a);
	}
	return a;
}

json_t *build_state_config(const struct build_state *s)
{
	return object_of(s->doc, "config");
}

const char *build_state_text(const struct build_state *s, const char *key)
{
	const char *text = json_string_value(json_object_get(build_state_config(s), key));

	return text ? text : "";
}

static void add_strings(const json_t *list, struct strv *out)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) if (json_is_string(item))
		strv_push(out, json_string_value(item));
}

void build_state_list(const struct build_state *s, const char *key, struct strv *out)
{
	add_strings(json_object_get(build_state_config(s), key), out);
}

void build_state_clear(struct build_state *s)
{
	json_decref(s->doc);
	manifest_clear(&s->m);
	free(s->diff_ids);
	variables_clear(&s->env);
	strv_clear(&s->args);
	*s = (struct build_state){0};
}

/* Every image has a PATH, as Docker gives it. */
static int set_path(struct build_state *s, struct err *e)
{
	if (variables_get(&s->env, "PATH"))
		return 0;
	json_array_append_new(array_of(build_state_config(s), "Env"),
			      json_string("PATH=" STEPS_PATH));
	return variables_set(&s->env, "PATH", STEPS_PATH, e);
}

static void begin(struct build_state *s)
{
	s->doc = json_object();
	s->m.media_type = xstrdup(MEDIA_OCI_MANIFEST);
	s->m.config.media_type = xstrdup(MEDIA_OCI_CONFIG);
}

void build_state_scratch(const char *platform, struct build_state *ret)
{
	static const char *const keys[] = {"os", "architecture", "variant"};
	cleanup_free char *copy = xstrdup(platform);
	struct build_state s = {0};
	char *rest = copy, *part;
	struct err impossible;

	begin(&s);
	for (size_t i = 0; i < ARRAY_SIZE(keys) && (part = strsep(&rest, "/")); i++)
		json_object_set_new(s.doc, keys[i], json_string(part));
	set_path(&s, &impossible);
	*ret = s;
}

/* Takes over what is kept of a member. */
static void keep(const json_t *from, json_t *to, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_t *value = json_get_any(from, keys[i]);

		if (value)
			json_object_set_new(to, keys[i], json_deep_copy(value));
	}
}

static void keep_document(struct build_state *s, const json_t *base)
{
	static const char *const members[] = {"architecture", "os",	 "os.version",
					      "os.features",  "variant", "created",
					      "author",	      "history"};
	static const char *const settings[] = {
		"User",	       "ExposedPorts", "Env",	      "Entrypoint", "Cmd",
		"Volumes",     "WorkingDir",   "Labels",      "StopSignal", "ArgsEscaped",
		"Healthcheck", "OnBuild",      "StopTimeout", "Shell"};

	keep(base, s->doc, members, ARRAY_SIZE(members));
	keep(json_get_any(base, "config"), build_state_config(s), settings, ARRAY_SIZE(settings));
}

/* A base made by other tools may have layers that its history does not name. */
static void complete_history(struct build_state *s)
{
	json_t *history = array_of(s->doc, "history"), *entry;
	size_t i, n = 0;

	json_array_foreach(history, i, entry)
		n += !json_is_true(json_object_get(entry, "empty_layer"));
	for (; n < s->m.n_layers; n++)
		json_array_append_new(history,
				      json_pack("{s:s}", "comment", "buildkit.exporter.image.v0"));
	s->n_old = json_array_size(history);
}

static int set_env(struct build_state *s, struct err *e)
{
	cleanup_strv struct strv env = {0};
	int r = 0;

	build_state_list(s, "Env", &env);
	for (size_t i = 0; r == 0 && i < env.n; i++) {
		cleanup_free char *name = xstrndup(env.v[i], strcspn(env.v[i], "="));
		const char *equals = strchr(env.v[i], '=');

		if (*name)
			r = variables_set(&s->env, name, equals ? equals + 1 : "", e);
	}
	return r < 0 ? r : set_path(s, e);
}

/* Triggers act once, and are not those of the new image. */
static void take_triggers(struct build_state *s, struct strv *out)
{
	build_state_list(s, "OnBuild", out);
	json_object_del(build_state_config(s), "OnBuild");
}

static int load_documents(const struct image_store *s, const struct digest *manifest,
			  struct build_state *st, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT, config = BUF_INIT;
	cleanup_config struct image_config c = {0};
	cleanup_json json_t *base = NULL;
	int r = blob_read(s, manifest, MANIFEST_MAX_BYTES, &text, e);

	if (r == 0)
		r = manifest_parse(text.data, text.len, &st->m, e);
	if (r == 0)
		r = blob_read(s, &st->m.config.digest, CONFIG_MAX_BYTES, &config, e);
	if (r == 0)
		r = config_parse(config.data, config.len, &c, e);
	if (r == 0)
		r = json_read(config.data, config.len, "the image's config", &base, e);
	if (r < 0)
		return r;
	if (c.n_layers != st->m.n_layers)
		return err_set(e, EBADMSG, "the manifest has %zu layers and its config %zu",
			       st->m.n_layers, c.n_layers);
	st->diff_ids = take_ptr(c.diff_ids);
	c.n_layers = 0;
	st->doc = json_object();
	keep_document(st, base);
	complete_history(st);
	return 0;
}

int build_state_load(const struct image_store *s, const struct digest *manifest,
		     struct build_state *ret, struct strv *ret_onbuild, struct err *e)
{
	cleanup_build_state struct build_state st = {0};
	cleanup_strv struct strv onbuild = {0};
	int r = load_documents(s, manifest, &st, e);

	if (r < 0)
		return r;
	manifest_become_oci(&st.m);
	for (size_t i = 0; i < st.m.n_layers; i++) {
		struct digest below = st.chain;

		layer_chain_id(&below, &st.diff_ids[i], &st.chain);
	}
	take_triggers(&st, &onbuild);
	r = set_env(&st, e);
	if (r < 0)
		return r;
	*ret = st;
	st = (struct build_state){0};
	*ret_onbuild = onbuild;
	onbuild = (struct strv){0};
	return 0;
}

static void copy_words(const struct strv *from, struct strv *to)
{
	for (size_t i = 0; i < from->n; i++)
		strv_push(to, from->v[i]);
}

static void copy_layers(const struct build_state *from, struct build_state *to)
{
	to->m.n_layers = from->m.n_layers;
	to->m.layers = xcalloc(from->m.n_layers + 1, sizeof(*to->m.layers));
	to->diff_ids = xcalloc(from->m.n_layers + 1, sizeof(*to->diff_ids));
	for (size_t i = 0; i < from->m.n_layers; i++) {
		to->m.layers[i] = from->m.layers[i];
		to->m.layers[i].media_type = xstrdup(from->m.layers[i].media_type);
		to->diff_ids[i] = from->diff_ids[i];
	}
	to->chain = from->chain;
}

void build_state_copy(const struct build_state *from, struct build_state *ret)
{
	struct build_state s = {.n_old = from->n_old};

	begin(&s);
	json_decref(s.doc);
	s.doc = json_deep_copy(from->doc);
	json_object_del(build_state_config(&s), "OnBuild");
	copy_layers(from, &s);
	variables_copy(&from->env, &s.env);
	copy_words(&from->args, &s.args);
	*ret = s;
}

int build_state_push(struct build_state *s, const struct descriptor *layer,
		     const struct digest *diff_id, struct err *e)
{
	size_t n = s->m.n_layers;
	struct digest below = s->chain;

	if (n == IMAGE_MAX_LAYERS)
		return err_set(e, E2BIG, "the image would have more than %d layers",
			       IMAGE_MAX_LAYERS);
	s->m.layers = xrealloc(s->m.layers, n + 1, sizeof(*s->m.layers));
	s->m.layers[n] = *layer;
	s->m.layers[n].media_type = xstrdup(layer->media_type);
	s->diff_ids = xrealloc(s->diff_ids, n + 1, sizeof(*s->diff_ids));
	s->diff_ids[n] = *diff_id;
	s->m.n_layers++;
	layer_chain_id(&below, diff_id, &s->chain);
	return 0;
}

/* A name or a value may have bytes that are not UTF-8, which JSON cannot hold. */
static json_t *text_of(const char *text)
{
	json_t *j = json_string(text);

	return j ? j : json_string("(not UTF-8)");
}

void build_state_history(struct build_state *s, const char *text, bool layer, bool runs,
			 time_t made)
{
	cleanup_free char *whole = xasprintf("%s%s", text, runs ? " # buildkit" : "");
	json_t *entry = json_object();

	if (made != BUILD_NO_TIME) {
		cleanup_free char *time = image_time(made);

		json_object_set_new(entry, "created", json_string(time));
	}
	json_object_set_new(entry, "created_by", text_of(whole));
	json_object_set_new(entry, "comment", json_string("buildkit.dockerfile.v0"));
	if (!layer)
		json_object_set_new(entry, "empty_layer", json_true());
	json_array_append_new(array_of(s->doc, "history"), entry);
}

/* The time of the first new layer, or what the image below has; NULL if neither has one. */
static json_t *first_time(const struct build_state *s, json_t *history)
{
	for (size_t i = s->n_old; i < json_array_size(history); i++) {
		json_t *time = json_object_get(json_array_get(history, i), "created");

		if (time)
			return time;
	}
	return json_object_get(s->doc, "created");
}

static void fill_times(struct build_state *s, time_t time)
{
	json_t *history = array_of(s->doc, "history"), *last = first_time(s, history);
	cleanup_free char *fixed = time == BUILD_NO_TIME ? NULL : image_time(time);
	json_t *all = fixed ? json_string(fixed) : NULL;

	for (size_t i = s->n_old; i < json_array_size(history); i++) {
		json_t *entry = json_array_get(history, i);
		json_t *own = json_object_get(entry, "created");

		last = all ? all : own ? own : last;
		if (last && last != own)
			json_object_set(entry, "created", last);
	}
	if (last || all)
		json_object_set(s->doc, "created", all ? all : last);
	json_decref(all);
}

static int write_config(struct build_state *s, const struct image_store *store, struct err *e)
{
	json_t *rootfs = json_object(), *diff_ids = json_array();
	char *text;
	int r;

	json_object_set_new(rootfs, "type", json_string("layers"));
	for (size_t i = 0; i < s->m.n_layers; i++)
		json_array_append_new(diff_ids, json_string(digest_text(&s->diff_ids[i]).s));
	json_object_set_new(rootfs, "diff_ids", diff_ids);
	json_object_set_new(s->doc, "rootfs", rootfs);
	text = json_dumps(s->doc, JSON_COMPACT | JSON_SORT_KEYS);
	if (!text || strlen(text) > CONFIG_MAX_BYTES) {
		free(text);
		return err_set(e, EFBIG, "the image's config would be larger than 8 MiB");
	}
	s->m.config.size = strlen(text);
	r = blob_write(store, text, strlen(text), &s->m.config.digest, e);
	free(text);
	return r;
}

int build_state_write(struct build_state *s, const struct image_store *store, time_t time,
		      struct digest *ret, struct err *e)
{
	char *text;
	int r;

	fill_times(s, time);
	r = write_config(s, store, e);
	if (r < 0)
		return r;
	text = manifest_format(&s->m);
	r = text ? blob_write(store, text, strlen(text), ret, e)
		 : err_set(e, ENOMEM, "cannot write the image's manifest");
	free(text);
	return r;
}
