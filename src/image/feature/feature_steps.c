/*
 * feature_steps.c - see feature_steps.h.
 *
 * install.sh runs in a copy of the feature's files, as root, with the variables that the
 * specification names, and those of containerEnv of its own and the features before.
 */
#include "image/feature/feature_steps.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"
#include "image/document/json_read.h"
#include "image/feature/feature_document.h"

#define PLACE	  "/tmp/dev-container-features/"
#define LABEL	  "devcontainer.metadata"
#define LABEL_MAX 256 /* entries of the image below */

/* The home of a user, by name or number, without getent(1), which small images lack. */
static const char home_of[] = "home_of() {\n"
			      "\t[ -r /etc/passwd ] || return 0\n"
			      "\twhile IFS=: read -r name x uid gid comment home shell; do\n"
			      "\t\tif [ \"$name\" = \"$1\" ] || [ \"$uid\" = \"$1\" ]; then\n"
			      "\t\t\tprintf '%s\\n' \"$home\"\n"
			      "\t\t\treturn\n"
			      "\t\tfi\n"
			      "\tdone </etc/passwd\n"
			      "}\n";

/* As one word of every sh(1). */
static void add_quoted(struct buf *out, const char *text)
{
	buf_addch(out, '\'');
	for (; *text; text++)
		buf_addstr(out, *text == '\'' ? "'\\''" : (char[]){*text, '\0'});
	buf_addch(out, '\'');
}

static void add_export(struct buf *out, const char *name, const char *value)
{
	buf_addf(out, "export %s=", name);
	add_quoted(out, value);
	buf_addch(out, '\n');
}

static void add_options(const struct feature *f, struct buf *out)
{
	cleanup_strv struct strv options = {0}, unknown = {0};

	feature_document_options(f->doc, f->given, &options, &unknown);
	for (size_t i = 0; i < options.n; i++) {
		size_t n = strcspn(options.v[i], "=");
		cleanup_free char *name = xstrndup(options.v[i], n);

		add_export(out, name, options.v[i] + n + 1);
	}
	for (size_t i = 0; i < unknown.n; i++)
		log_note("the feature '%s' has no option '%s'", f->id, unknown.v[i]);
}

static char *make_script(const struct feature *f, const struct feature_image *image)
{
	cleanup_buf struct buf out = BUF_INIT;

	buf_addstr(&out, home_of);
	add_export(&out, "_REMOTE_USER", image->remote_user);
	add_export(&out, "_CONTAINER_USER", image->container_user);
	buf_addstr(&out, "export _REMOTE_USER_HOME=\"$(home_of \"$_REMOTE_USER\")\"\n"
			 "export _CONTAINER_USER_HOME=\"$(home_of \"$_CONTAINER_USER\")\"\n");
	add_options(f, &out);
	buf_addstr(&out, "chmod -R 0755 .\nexec ./install.sh\n");
	return buf_detach(&out);
}

/* Where its files are: the specification promises nothing but that install.sh starts there. */
static char *make_place(const struct feature *f, size_t number)
{
	const char *id = json_string_value(json_object_get(f->doc, "id"));
	char *place = xasprintf(PLACE "%.64s_%zu", id, number);

	for (char *c = place + sizeof(PLACE) - 1; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_-", *c))
			*c = '_';
	return place;
}

/* In JSON a here-document could be seen where there is none. */
static void add_command(struct buf *out, const char *place, const char *script)
{
	cleanup_free char *all = xasprintf("cd %s\n%s", place, script);
	json_t *argv = json_pack("[s, s, s]", "/bin/sh", "-ec", all);
	cleanup_free char *text = argv ? json_dumps(argv, JSON_ENSURE_ASCII) : NULL;

	json_decref(argv);
	for (const char *c = text ? text : "[]"; *c; c++)
		buf_addstr(out, *c == '<' ? "\\u003c" : (char[]){*c, '\0'});
	buf_addch(out, '\n');
}

/* In double quotes, where variables are replaced unless `dollar` is escaped too. */
static void add_value(struct buf *out, const char *text, bool dollar)
{
	buf_addch(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\' || (*text == '$' && dollar))
			buf_addch(out, '\\');
		buf_addch(out, *text);
	}
	buf_addstr(out, "\"\n");
}

static void add_feature(const struct feature *f, size_t number, const struct feature_image *image,
			struct buf *out)
{
	json_t *env = json_object_get(f->doc, "containerEnv");
	cleanup_free char *place = make_place(f, number), *script = make_script(f, image);

	for (void *it = json_object_iter(env); it; it = json_object_iter_next(env, it)) {
		buf_addf(out, "ENV %s=", json_object_iter_key(it));
		add_value(out, json_string_value(json_object_iter_value(it)), false);
	}
	buf_addf(out, "RUN --mount=type=bind,from=" FEATURE_CONTEXT "%zu,target=%s,rw ", number,
		 place);
	add_command(out, place, script);
}

/* The label of the image below, then the features, then devcontainer.json. */
static char *make_label(const struct feature_list *l, const char *below, json_t *last)
{
	cleanup_free char *wrapped = xasprintf("{\"label\": %s}", below ? below : "[]");
	cleanup_json json_t *object = NULL, *all = json_array();
	json_t *label;
	struct err ignored;

	/* What cannot be read is told when the label is used. */
	if (json_read(wrapped, strlen(wrapped), LABEL, &object, &ignored) < 0)
		object = NULL;
	label = json_object_get(object, "label");
	if (json_is_object(label))
		json_array_append(all, label);
	for (size_t i = 0; i < json_array_size(label) && i < LABEL_MAX; i++)
		json_array_append(all, json_array_get(label, i));
	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(all, feature_document_label(l->v[i].doc, l->v[i].id));
	json_array_append(all, last);
	return json_dumps(all, JSON_COMPACT);
}

void feature_steps(const struct feature_list *l, const struct feature_image *image, struct buf *out)
{
	cleanup_free char *label = make_label(l, image->label, image->metadata);

	buf_addstr(out, "FROM " FEATURE_BASE "\n");
	if (l->n)
		buf_addstr(out, "USER root\n");
	for (size_t i = 0; i < l->n; i++)
		add_feature(&l->v[i], i, image, out);
	if (l->n && *image->user) {
		buf_addstr(out, "USER ");
		add_value(out, image->user, true);
	}
	buf_addstr(out, "LABEL " LABEL "=");
	add_value(out, label ? label : "[]", true);
}
