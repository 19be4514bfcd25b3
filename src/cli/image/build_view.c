/*
 * build_view.c - a build on stdout. Text has a line for each step, with what is long in full.
 */
#include "cli/image/build_view.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "build/heredoc.h"
#include "image/feature/feature_document.h"

static void print_quoted(const char *s)
{
	cleanup_free char *quoted = err_quote_all(s);

	fputs(quoted, stdout);
}

/* Blanks in a row, such as the indentation of continued lines, as one. */
static void print_squeezed(const char *s)
{
	cleanup_buf struct buf line = BUF_INIT;

	for (; *s; s++) {
		bool blank = *s == ' ' || *s == '\t';

		if (!blank || (s[1] != ' ' && s[1] != '\t'))
			buf_addch(&line, blank ? ' ' : *s);
	}
	print_quoted(line.data);
}

static void print_source(const struct graph *g, const struct source *s)
{
	const char *name = s->kind == SOURCE_STAGE ? g->stages[s->stage].name : s->name;

	switch (s->kind) {
	case SOURCE_STAGE:
		printf("stage %zu", s->stage);
		if (name)
			printf(" '%s'", name);
		break;
	case SOURCE_SCRATCH:
		fputs("scratch", stdout);
		break;
	case SOURCE_FILES:
		fputs("the context", stdout);
		break;
	case SOURCE_CONTEXT:
		fputs("context ", stdout);
		print_quoted(name);
		break;
	case SOURCE_IMAGE:
		print_quoted(name);
		if (s->unset)
			fputs(" (a variable has no value)", stdout);
		break;
	}
}

/* ["a", "b"] */
static void print_json_array(const struct strv *words)
{
	fputs(" [", stdout);
	for (size_t i = 0; i < words->n; i++) {
		struct json j = JSON_INIT;

		jsonout_string(&j, NULL, words->v[i]);
		fputs(i ? ", " : "", stdout);
		print_quoted(j.out.data);
		buf_free(&j.out);
	}
	putchar(']');
}

static bool has_blank(const char *s)
{
	return !*s || s[strcspn(s, " \t\n")];
}

static void print_args(const struct step *s)
{
	const struct instruction *in = s->of->in;
	bool pairs = in->kind == INSTRUCTION_ENV || in->kind == INSTRUCTION_LABEL;
	bool text = in->kind == INSTRUCTION_RUN || in->kind == INSTRUCTION_CMD ||
		    in->kind == INSTRUCTION_ENTRYPOINT || in->kind == INSTRUCTION_HEALTHCHECK ||
		    in->kind == INSTRUCTION_ONBUILD || in->kind == INSTRUCTION_MAINTAINER;

	if (in->exec && in->kind != INSTRUCTION_HEALTHCHECK) {
		print_json_array(&s->args);
		return;
	}
	for (size_t i = 0; i < s->args.n; i++) {
		const char *word = s->args.v[i];
		bool value = pairs && i % 2 == 1, quote = !text && has_blank(word);

		fputs(value ? "=" : " ", stdout);
		fputs(quote ? "\"" : "", stdout);
		print_squeezed(word);
		fputs(quote ? "\"" : "", stdout);
	}
}

static void print_step(const struct graph *g, const struct step *s)
{
	const struct instruction *in = s->of->in;

	printf("%7zu  %s%s", in->line, s->of->triggered ? "ONBUILD: " : "",
	       instruction_names[in->kind]);
	for (size_t i = 0; i + 1 < s->flags.n; i += 2) {
		bool bare = streq(s->flags.v[i + 1], "true");

		printf(" --%s%s", s->flags.v[i], bare ? "" : "=");
		print_quoted(bare ? "" : s->flags.v[i + 1]);
	}
	print_args(s);
	for (size_t i = 0; i < s->of->n_sources; i++)
		if (s->of->sources[i].kind != SOURCE_FILES) {
			fputs("  <- ", stdout);
			print_source(g, &s->of->sources[i]);
		}
	putchar('\n');
}

static void print_feature(const struct feature *f)
{
	cleanup_strv struct strv variables = {0}, unknown = {0};
	const char *version = json_string_value(json_object_get(f->doc, "version"));

	feature_document_options(f->doc, f->given, &variables, &unknown);
	printf("%7zu  feature ", f->line);
	print_quoted(f->id);
	for (size_t i = 0; i < variables.n; i++) {
		const char *value = strchr(variables.v[i], '=') + 1;
		const char *quote = has_blank(value) ? "\"" : "";

		printf(" %.*s%s", (int)(value - variables.v[i]), variables.v[i], quote);
		print_quoted(value);
		fputs(quote, stdout);
	}
	fputs("  <- ", stdout);
	print_quoted(f->kind == FEATURE_FOLDER ? f->dir : digest_text(&f->digest).s);
	if (version) {
		fputs(", version ", stdout);
		print_quoted(version);
	}
	putchar('\n');
}

static void print_features(const char *file, const struct feature_list *l)
{
	print_quoted(file);
	printf(": %zu feature%s, in this order\n", l->n, l->n == 1 ? "" : "s");
	for (size_t i = 0; i < l->n; i++)
		print_feature(&l->v[i]);
}

void build_view_text(const struct build_view *v)
{
	const struct graph *g = v->graph;

	print_quoted(g->file->name);
	printf(": %zu stage%s for %s, target %zu", g->n, g->n == 1 ? "" : "s",
	       g->options->target_platform, g->target);
	if (v->ignore_file) {
		fputs(", without the files of ", stdout);
		print_quoted(v->ignore_file);
	}
	putchar('\n');
	for (size_t i = 0; i < g->n; i++) {
		const struct graph_stage *s = &g->stages[i];

		printf("%5zu  stage %zu%s%s%s from ", s->from->line, i, s->name ? " '" : "",
		       s->name ? s->name : "", s->name ? "'" : "");
		print_source(g, &s->base);
		if (s->platform)
			printf(" for %s", s->platform);
		puts(s->used ? "" : ", not needed");
		for (size_t k = 0; k < v->steps[i].n; k++)
			print_step(g, &v->steps[i].v[k]);
	}
	if (v->devcontainer)
		print_features(v->devcontainer, v->features);
}

static void json_source(struct json *j, const char *key, const struct source *s)
{
	static const char *const kinds[] = {[SOURCE_IMAGE] = "image",
					    [SOURCE_STAGE] = "stage",
					    [SOURCE_SCRATCH] = "scratch",
					    [SOURCE_CONTEXT] = "context",
					    [SOURCE_FILES] = "files"};

	jsonout_object_begin(j, key);
	jsonout_string(j, "kind", kinds[s->kind]);
	if (s->kind == SOURCE_STAGE)
		jsonout_number(j, "stage", (long long)s->stage);
	if (s->name)
		jsonout_string(j, "name", s->name);
	if (s->kind == SOURCE_IMAGE)
		jsonout_bool(j, "unset", s->unset);
	jsonout_object_end(j);
}

static void json_words(struct json *j, const char *key, const struct strv *words)
{
	jsonout_array_begin(j, key);
	for (size_t i = 0; i < words->n; i++)
		jsonout_string(j, NULL, words->v[i]);
	jsonout_array_end(j);
}

static void json_flags(struct json *j, const struct strv *flags)
{
	jsonout_array_begin(j, "flags");
	for (size_t i = 0; i + 1 < flags->n; i += 2) {
		jsonout_object_begin(j, NULL);
		jsonout_string(j, "name", flags->v[i]);
		jsonout_string(j, "value", flags->v[i + 1]);
		jsonout_object_end(j);
	}
	jsonout_array_end(j);
}

static void json_mount(struct json *j, const struct run_mount *m, const struct source *source)
{
	jsonout_object_begin(j, NULL);
	jsonout_string(j, "type", run_mount_types[m->type]);
	jsonout_string(j, "target", m->target);
	jsonout_string(j, "source", m->source);
	jsonout_string(j, "id", m->id);
	jsonout_bool(j, "read_only", m->read_only);
	if (m->type == RUN_MOUNT_BIND || m->from)
		json_source(j, "from", source);
	jsonout_object_end(j);
}

static void json_heredocs(struct json *j, const struct step *s)
{
	const struct instruction *in = s->of->in;

	jsonout_array_begin(j, "heredocs");
	for (size_t i = 0; i < in->n_heredocs; i++) {
		cleanup_buf struct buf text = BUF_INIT;

		heredoc_text(&in->heredocs[i], &text);
		jsonout_object_begin(j, NULL);
		jsonout_string(j, "name", in->heredocs[i].name);
		jsonout_string(j, "content", i < s->contents.n ? s->contents.v[i] : text.data);
		jsonout_object_end(j);
	}
	jsonout_array_end(j);
}

static void json_step(struct json *j, const struct step *s)
{
	const struct instruction *in = s->of->in;
	bool copies = in->kind == INSTRUCTION_COPY || in->kind == INSTRUCTION_ADD;

	jsonout_object_begin(j, NULL);
	jsonout_number(j, "line", (long long)in->line);
	jsonout_number(j, "last_line", (long long)in->last_line);
	jsonout_string(j, "instruction", instruction_names[in->kind]);
	jsonout_string(j, "text", in->text);
	jsonout_bool(j, "triggered", s->of->triggered);
	jsonout_bool(j, "exec", in->exec);
	json_flags(j, &s->flags);
	json_words(j, "args", &s->args);
	if (copies)
		json_source(j, "from", &s->of->sources[0]);
	if (s->n_mounts) {
		jsonout_array_begin(j, "mounts");
		for (size_t i = 0; i < s->n_mounts; i++)
			json_mount(j, &s->mounts[i], &s->of->sources[i]);
		jsonout_array_end(j);
	}
	if (in->n_heredocs)
		json_heredocs(j, s);
	jsonout_bool(j, "unset", s->kept);
	jsonout_object_end(j);
	jsonout_flush(j);
}

static void json_stage(struct json *j, const struct build_view *v, size_t i)
{
	const struct graph_stage *s = &v->graph->stages[i];

	jsonout_object_begin(j, NULL);
	jsonout_number(j, "stage", (long long)i);
	jsonout_string(j, "name", s->name);
	jsonout_number(j, "line", (long long)s->from->line);
	json_source(j, "from", &s->base);
	jsonout_string(j, "platform", s->platform);
	jsonout_bool(j, "needed", s->used);
	jsonout_array_begin(j, "steps");
	for (size_t k = 0; k < v->steps[i].n; k++)
		json_step(j, &v->steps[i].v[k]);
	jsonout_array_end(j);
	jsonout_object_end(j);
}

static void json_pairs(struct json *j, const char *key, const struct strv *pairs)
{
	jsonout_array_begin(j, key);
	for (size_t i = 0; i < pairs->n; i++) {
		cleanup_free char *name = xstrndup(pairs->v[i], strcspn(pairs->v[i], "="));

		jsonout_object_begin(j, NULL);
		jsonout_string(j, "name", name);
		jsonout_string(j, "value", pairs->v[i] + strlen(name) + 1);
		jsonout_object_end(j);
	}
	jsonout_array_end(j);
}

static void json_feature(struct json *j, const struct feature *f)
{
	static const char *const kinds[] = {[FEATURE_FOLDER] = "folder",
					    [FEATURE_TARBALL] = "tarball",
					    [FEATURE_OCI] = "artifact"};
	bool folder = f->kind == FEATURE_FOLDER;
	cleanup_strv struct strv variables = {0}, unknown = {0};

	feature_document_options(f->doc, f->given, &variables, &unknown);
	jsonout_object_begin(j, NULL);
	jsonout_string(j, "id", f->id);
	jsonout_number(j, "line", (long long)f->line);
	jsonout_string(j, "kind", kinds[f->kind]);
	jsonout_string(j, "version", json_string_value(json_object_get(f->doc, "version")));
	jsonout_string(j, "digest", folder ? NULL : digest_text(&f->digest).s);
	jsonout_string(j, "directory", folder ? f->dir : NULL);
	json_pairs(j, "variables", &variables);
	json_words(j, "unknown", &unknown);
	jsonout_array_begin(j, "needs");
	for (size_t i = 0; i < f->n_needs; i++)
		jsonout_number(j, NULL, (long long)f->needs[i]);
	jsonout_array_end(j);
	jsonout_object_end(j);
}

void build_view_json(const struct build_view *v)
{
	const struct graph *g = v->graph;
	char escape[2] = {g->file->escape};
	struct json j = JSON_INIT;

	jsonout_object_begin(&j, NULL);
	jsonout_string(&j, "file", g->file->name);
	jsonout_string(&j, "ignore_file", v->ignore_file);
	jsonout_string(&j, "syntax", g->file->syntax);
	jsonout_string(&j, "escape", escape);
	jsonout_string(&j, "platform", g->options->target_platform);
	jsonout_number(&j, "target", (long long)g->target);
	jsonout_array_begin(&j, "args");
	for (size_t i = 0; i < g->args.names.n; i++) {
		jsonout_object_begin(&j, NULL);
		jsonout_string(&j, "name", g->args.names.v[i]);
		jsonout_string(&j, "value", g->args.values.v[i]);
		jsonout_object_end(&j);
	}
	jsonout_array_end(&j);
	jsonout_array_begin(&j, "stages");
	for (size_t i = 0; i < g->n; i++)
		json_stage(&j, v, i);
	jsonout_array_end(&j);
	if (v->devcontainer) {
		jsonout_array_begin(&j, "features");
		for (size_t i = 0; i < v->features->n; i++)
			json_feature(&j, &v->features->v[i]);
		jsonout_array_end(&j);
	}
	jsonout_object_end(&j);
	jsonout_print(&j);
}
