/*
 * image_show.c - showing images: images, inspect, history.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/usage.h"
#include "cli/image/image_common.h"
#include "cli/image_commands.h"
#include "image/load.h"
#include "image/store/layer_stack.h"

/* One row of `images`. An image that cannot be read is listed too, without what is unknown. */
struct row {
	char *name; /* for display */
	struct ref ref;
	char *created, *platform; /* or NULL */
	uint64_t size;		  /* packed */
	size_t layers;
	bool damaged;
};

static void rows_free(struct row *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].name);
		free(v[i].created);
		free(v[i].platform);
	}
	free(v);
}

/* False: it was removed since the listing. */
static bool fill_row(const struct image_tools *t, const char *name, struct row *row)
{
	cleanup_manifest struct manifest m = {0};
	cleanup_config struct image_config c = {0};
	struct err ignored;
	struct ref ref = {0};
	int r = ref_read(t->store.fd, name, &ref, &ignored);

	if (r == -ENOENT)
		return false;
	*row = (struct row){.name = image_tools_short(t, name), .ref = ref};
	if (r < 0 || image_load(&t->store, &ref.manifest, &m, &c, &ignored) < 0) {
		row->damaged = true;
		return true;
	}
	row->created = xstrdup(c.created);
	row->platform = platform_text(&c.platform);
	row->layers = m.n_layers;
	for (size_t i = 0; i < m.n_layers; i++)
		row->size += m.layers[i].size;
	return true;
}

static void print_rows_json(const struct row *v, size_t n)
{
	struct json j = JSON_INIT;

	jsonout_array_begin(&j, NULL);
	for (size_t i = 0; i < n; i++) {
		jsonout_object_begin(&j, NULL);
		jsonout_string(&j, "name", v[i].name);
		jsonout_string(&j, "digest", digest_text(&v[i].ref.manifest).s);
		jsonout_string(&j, "index",
			       v[i].ref.index.hex[0] ? digest_text(&v[i].ref.index).s : NULL);
		jsonout_string(&j, "created", v[i].created);
		jsonout_number(&j, "size", (long long)v[i].size);
		jsonout_number(&j, "layers", (long long)v[i].layers);
		jsonout_string(&j, "platform", v[i].platform);
		jsonout_bool(&j, "damaged", v[i].damaged);
		jsonout_object_end(&j);
	}
	jsonout_array_end(&j);
	jsonout_print(&j);
}

/* Reduces "2024-05-01T12:00:00Z" to the day. */
static const char *day_of(const char *created, char buf[11])
{
	char quoted[64];

	if (!created)
		return "-";
	snprintf(buf, 11, "%.10s", err_quote(quoted, sizeof(quoted), created));
	return buf;
}

static void print_rows(const struct row *v, size_t n, bool digests)
{
	int width = 4;
	char day[11];

	for (size_t i = 0; i < n; i++)
		if ((int)strlen(v[i].name) > width)
			width = (int)strlen(v[i].name);
	printf("%-*s  %-*s  %-10s  %9s\n", width, "NAME", digests ? (int)DIGEST_TEXT_LEN : 12,
	       "DIGEST", "CREATED", "SIZE");
	for (size_t i = 0; i < n; i++) {
		const char *digest = v[i].ref.manifest.hex;

		printf("%-*s  %s%.*s  %-10s  %9s\n", width, v[i].name, digests ? "sha256:" : "",
		       digests ? DIGEST_HEX_LEN : 12, digest,
		       v[i].damaged ? "(damaged)" : day_of(v[i].created, day),
		       v[i].damaged ? "-" : size_text(v[i].size).s);
	}
}

int image_cmd_images(const struct args *args, int *ret_status, struct err *e)
{
	const struct images_cli *cli = args->options;
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	cleanup_strv struct strv names = {0};
	struct row *rows;
	size_t n = 0;
	int r = image_tools_open(&t, e);

	(void)ret_status;
	if (r == 0)
		r = ref_list(t.store.fd, &names, e);
	if (r < 0)
		return r;
	rows = xcalloc(names.n, sizeof(*rows));
	for (size_t i = 0; i < names.n; i++)
		n += fill_row(&t, names.v[i], &rows[n]);
	if (cli->json)
		print_rows_json(rows, n);
	else if (cli->names || args->quiet)
		for (size_t i = 0; i < n; i++)
			puts(rows[i].name);
	else
		print_rows(rows, n, cli->digests);
	rows_free(rows, n);
	return 0;
}

/* An image with all its documents, for inspect and history. */
struct shown {
	struct image_tools tools;
	char *name; /* for display */
	struct ref ref;
	struct manifest m;
	struct image_config c;
};

static void shown_clear(struct shown *s)
{
	free(s->name);
	manifest_clear(&s->m);
	config_clear(&s->c);
	image_tools_close(&s->tools);
}

static int shown_load(struct shown *s, const char *word, struct err *e)
{
	cleanup_free char *name = NULL;
	int r = image_tools_open(&s->tools, e);

	if (r == 0)
		r = image_tools_find(&s->tools, word, &name, &s->ref, e);
	if (r == 0)
		r = image_load(&s->tools.store, &s->ref.manifest, &s->m, &s->c, e);
	if (r == 0)
		s->name = image_tools_short(&s->tools, name);
	return r;
}

static void json_list(struct json *j, const char *key, const struct strv *list)
{
	jsonout_array_begin(j, key);
	for (size_t i = 0; i < list->n; i++)
		jsonout_string(j, NULL, list->v[i]);
	jsonout_array_end(j);
}

static void inspect_config(struct json *j, const struct image_config *c)
{
	jsonout_object_begin(j, "config");
	json_list(j, "env", &c->env);
	jsonout_string(j, "user", c->user);
	jsonout_string(j, "workdir", c->workdir);
	json_list(j, "entrypoint", &c->entrypoint);
	json_list(j, "cmd", &c->cmd);
	jsonout_object_begin(j, "labels");
	for (size_t i = 0; i < c->label_keys.n; i++)
		jsonout_string(j, c->label_keys.v[i], c->label_values.v[i]);
	jsonout_object_end(j);
	json_list(j, "volumes", &c->volumes);
	json_list(j, "ports", &c->exposed);
	json_list(j, "health", &c->health.test);
	jsonout_string(j, "stop_signal", c->stop_signal);
	jsonout_object_end(j);
}

static void inspect_layers(struct json *j, const struct shown *s)
{
	struct digest chain = {0};

	jsonout_array_begin(j, "layers");
	for (size_t i = 0; i < s->m.n_layers; i++) {
		struct digest below = chain;

		layer_chain_id(&below, &s->c.diff_ids[i], &chain);
		jsonout_object_begin(j, NULL);
		jsonout_string(j, "digest", digest_text(&s->m.layers[i].digest).s);
		jsonout_string(j, "diff_id", digest_text(&s->c.diff_ids[i]).s);
		jsonout_string(j, "chain_id", digest_text(&chain).s);
		jsonout_number(j, "size", (long long)s->m.layers[i].size);
		jsonout_string(j, "media_type", s->m.layers[i].media_type);
		jsonout_object_end(j);
	}
	jsonout_array_end(j);
}

/* Maps a step of the history to its layer: an "empty" step has none. */
static const struct descriptor *layer_of_step(const struct shown *s, size_t *next,
					      const struct image_history *h)
{
	return h->empty_layer || *next >= s->m.n_layers ? NULL : &s->m.layers[(*next)++];
}

static void json_history(struct json *j, const char *key, const struct shown *s)
{
	size_t next = 0;

	jsonout_array_begin(j, key);
	for (size_t i = 0; i < s->c.n_history; i++) {
		const struct image_history *h = &s->c.history[i];
		const struct descriptor *layer = layer_of_step(s, &next, h);

		jsonout_object_begin(j, NULL);
		jsonout_string(j, "created", h->created);
		jsonout_string(j, "created_by", h->created_by);
		jsonout_string(j, "comment", h->comment);
		jsonout_number(j, "size", layer ? (long long)layer->size : 0);
		jsonout_string(j, "layer", layer ? digest_text(&layer->digest).s : NULL);
		jsonout_object_end(j);
	}
	jsonout_array_end(j);
}

static void inspect_json(const struct shown *s)
{
	cleanup_free char *platform = platform_text(&s->c.platform);
	struct json j = JSON_INIT;

	jsonout_object_begin(&j, NULL);
	jsonout_string(&j, "name", s->name);
	jsonout_string(&j, "digest", digest_text(&s->ref.manifest).s);
	jsonout_string(&j, "index", s->ref.index.hex[0] ? digest_text(&s->ref.index).s : NULL);
	jsonout_string(&j, "media_type", s->m.media_type);
	jsonout_string(&j, "platform", platform);
	jsonout_string(&j, "created", s->c.created);
	jsonout_string(&j, "author", s->c.author);
	inspect_config(&j, &s->c);
	inspect_layers(&j, s);
	json_history(&j, "history", s);
	jsonout_object_end(&j);
	jsonout_print(&j);
}

/* Text from an image is printed as one printable line. */
static void print_text(const char *label, const char *text)
{
	char quoted[1024];

	if (text)
		printf("%-12s %s\n", label, err_quote(quoted, sizeof(quoted), text));
}

static void print_list(const char *label, const struct strv *list)
{
	for (size_t i = 0; i < list->n; i++)
		print_text(i ? "" : label, list->v[i]);
}

static void inspect_text(const struct shown *s)
{
	cleanup_free char *platform = platform_text(&s->c.platform);

	print_text("name", s->name);
	print_text("digest", digest_text(&s->ref.manifest).s);
	if (s->ref.index.hex[0])
		print_text("index", digest_text(&s->ref.index).s);
	print_text("media type", s->m.media_type);
	print_text("platform", platform);
	print_text("created", s->c.created);
	print_text("author", s->c.author);
	print_text("user", s->c.user);
	print_text("workdir", s->c.workdir);
	print_list("entrypoint", &s->c.entrypoint);
	print_list("cmd", &s->c.cmd);
	print_list("env", &s->c.env);
	print_list("volumes", &s->c.volumes);
	print_list("ports", &s->c.exposed);
	print_list("health", &s->c.health.test);
	print_text("stop signal", s->c.stop_signal);
	for (size_t i = 0; i < s->c.label_keys.n; i++) {
		cleanup_free char *label = xasprintf("%s=%s", s->c.label_keys.v[i],
						     s->c.label_values.v[i]);

		print_text(i ? "" : "labels", label);
	}
	for (size_t i = 0; i < s->m.n_layers; i++)
		printf("%-12s %s  %9s\n", i ? "" : "layers", digest_text(&s->m.layers[i].digest).s,
		       size_text(s->m.layers[i].size).s);
}

int image_cmd_inspect(const struct args *args, int *ret_status, struct err *e)
{
	const struct image_json_cli *cli = args->options;
	__attribute__((cleanup(shown_clear))) struct shown s = {.tools = IMAGE_TOOLS_INIT};
	int r = shown_load(&s, args->v[0], e);

	(void)ret_status;
	if (r < 0)
		return r;
	if (cli->json)
		inspect_json(&s);
	else
		inspect_text(&s);
	return 0;
}

static void history_text(const struct shown *s)
{
	char quoted[2048], day[11];
	size_t next = 0;

	printf("%-10s  %9s  %s\n", "CREATED", "SIZE", "STEP");
	for (size_t i = 0; i < s->c.n_history; i++) {
		const struct image_history *h = &s->c.history[i];
		const struct descriptor *layer = layer_of_step(s, &next, h);
		const char *step = h->created_by ? h->created_by : h->comment ? h->comment : "-";

		printf("%-10s  %9s  %s\n", day_of(h->created, day),
		       layer ? size_text(layer->size).s : "-",
		       err_quote(quoted, sizeof(quoted), step));
	}
}

int image_cmd_history(const struct args *args, int *ret_status, struct err *e)
{
	const struct image_json_cli *cli = args->options;
	__attribute__((cleanup(shown_clear))) struct shown s = {.tools = IMAGE_TOOLS_INIT};
	struct json j = JSON_INIT;
	int r = shown_load(&s, args->v[0], e);

	(void)ret_status;
	if (r < 0)
		return r;
	if (!cli->json) {
		history_text(&s);
		return 0;
	}
	json_history(&j, NULL, &s);
	jsonout_print(&j);
	return 0;
}
