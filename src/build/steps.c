/*
 * steps.c - which words of which instructions have variables, and what their values may be.
 */
#include "build/steps.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "build/expand.h"
#include "build/heredoc.h"
#include "build/remote.h"
#include "build/values.h"

/* The stage that is being expanded. */
struct expander {
	const struct graph *g;
	struct variables *env;
	struct expand_options options;
	size_t total;
	struct err *e;
};

void step_clear(struct step *s)
{
	strv_clear(&s->flags);
	strv_clear(&s->args);
	strv_clear(&s->contents);
	for (size_t i = 0; i < s->n_mounts; i++)
		run_mount_clear(&s->mounts[i]);
	free(s->mounts);
	*s = (struct step){0};
}

void steps_clear(struct steps *s)
{
	for (size_t i = 0; i < s->n; i++)
		step_clear(&s->v[i]);
	free(s->v);
	*s = (struct steps){0};
}

/* A text of so many bytes, which has a size even if it is empty. */
static int count(struct expander *x, size_t bytes)
{
	x->total += bytes + 32;
	if (x->total > VARIABLES_BYTES_MAX)
		return err_set(x->e, ERR_USAGE, VARIABLES_TOO_LARGE);
	return 0;
}

static int add_word(struct expander *x, const char *word, struct strv *out, bool *kept)
{
	cleanup_buf struct buf value = BUF_INIT;
	int r = expand(word, &x->options, x->env, &value, kept, x->e);

	if (r == 0)
		r = count(x, value.len);
	if (r == 0)
		strv_push_take(out, buf_detach(&value));
	return r;
}

static int add_words(struct expander *x, struct step *s)
{
	const struct strv *args = &s->of->in->args;
	int r = 0;

	for (size_t i = 0; r == 0 && i < args->n; i++)
		r = add_word(x, args->v[i], &s->args, &s->kept);
	return r;
}

static int add_plain(struct expander *x, const struct strv *words, struct strv *out)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < words->n; i++) {
		strv_push(out, words->v[i]);
		r = count(x, strlen(words->v[i]));
	}
	return r;
}

static int expand_env(struct expander *x, struct step *s)
{
	int r = add_words(x, s);

	/* The values of one ENV do not see each other. */
	for (size_t i = 0; r == 0 && i + 1 < s->args.n; i += 2)
		r = variables_set(x->env, s->args.v[i], s->args.v[i + 1], x->e);
	return r;
}

/*
 * The value: of --build-arg, the default, or what the ARG of this name before the first FROM has.
 * Without one the variable keeps the value that it has, or stays unset.
 */
static int expand_arg(struct expander *x, struct step *s)
{
	const struct strv *args = &s->of->in->args;
	int r = 0;

	for (size_t i = 0; r == 0 && i < args->n; i++) {
		const char *word = args->v[i], *given;
		cleanup_free char *name = xstrndup(word, strcspn(word, "="));
		bool has_default = word[strlen(name)] == '=';
		struct strv value = {0};

		given = variables_get(&x->g->options->args, name);
		if (!given && !has_default)
			given = variables_get(&x->g->args, name);
		if (given)
			strv_push(&value, given);
		else if (has_default)
			r = add_word(x, word + strlen(name) + 1, &value, &s->kept);
		if (r == 0 && value.n)
			r = variables_set(x->env, name, value.v[0], x->e);
		if (r == 0)
			strv_push_take(&s->args, value.n ? xasprintf("%s=%s", name, value.v[0])
							 : xstrdup(name));
		strv_clear(&value);
	}
	return r;
}

static int expand_expose(struct expander *x, struct step *s)
{
	const struct strv *args = &s->of->in->args;
	int r = 0;

	for (size_t i = 0; r == 0 && i < args->n; i++) {
		cleanup_strv struct strv ports = {0};
		bool kept = false;

		r = expand_words(args->v[i], &x->options, x->env, &ports, &kept, x->e);
		for (size_t k = 0; r == 0 && k < ports.n; k++) {
			r = count(x, strlen(ports.v[k]));
			if (r == 0 && !kept)
				r = values_port(ports.v[k], x->e);
			strv_push(&s->args, ports.v[k]);
		}
		s->kept = s->kept || kept;
	}
	return r;
}

static int expand_run(struct expander *x, struct step *s)
{
	const struct strv *flags = &s->of->in->flags;
	int r = add_plain(x, &s->of->in->args, &s->args);

	for (size_t i = 0; r == 0 && i + 1 < flags->n; i += 2) {
		struct run_mount m = {0};

		if (!streq(flags->v[i], "mount"))
			continue;
		r = run_mount_parse(flags->v[i + 1], &x->options, x->env, &m, x->e);
		if (r < 0)
			return r;
		s->mounts = xrealloc(s->mounts, s->n_mounts + 1, sizeof(*s->mounts));
		s->mounts[s->n_mounts++] = m;
		s->kept = s->kept || m.kept;
		r = count(x, run_mount_bytes(&m));
	}
	return r;
}

static int check_copy_flag(const struct step *s, const char *name, const char *value, struct err *e)
{
	if (!*value)
		return 0;
	if (streq(name, "chown"))
		return values_chown(value, e);
	if (streq(name, "chmod"))
		return values_chmod(value, e);
	if (!streq(name, "checksum"))
		return 0;
	if (s->args.n != 2 || remote_kind(s->args.v[0]) == REMOTE_NONE)
		return err_set(e, ERR_USAGE,
			       "--checksum is for one source that is a URL or a git repository");
	return values_checksum(value, e);
}

static int copy_flags(struct expander *x, struct step *s)
{
	static const char *const expanded[] = {"chown", "chmod", "checksum"};
	const struct strv *flags = &s->of->in->flags;
	int r = 0;

	for (size_t i = 0; r == 0 && i + 1 < flags->n; i += 2) {
		bool kept = false;

		strv_push(&s->flags, flags->v[i]);
		if (is_among(flags->v[i], expanded, ARRAY_SIZE(expanded)))
			r = add_word(x, flags->v[i + 1], &s->flags, &kept);
		else
			strv_push(&s->flags, flags->v[i + 1]);
		if (r == 0 && !kept && !s->kept)
			r = check_copy_flag(s, flags->v[i], s->flags.v[i + 1], x->e);
		s->kept = s->kept || kept;
	}
	return r;
}

/* The text of a here-document: quotes in it mean nothing, and its escape is always a backslash. */
static int add_content(struct expander *x, const struct heredoc *doc, struct step *s)
{
	const struct expand_options options = {.escape = '\\', .no_quotes = true};
	cleanup_buf struct buf text = BUF_INIT, value = BUF_INIT;
	int r = 0;

	heredoc_text(doc, &text);
	if (doc->expand)
		r = expand(text.data, &options, x->env, &value, &s->kept, x->e);
	else
		buf_add(&value, text.data, text.len);
	if (r == 0)
		r = count(x, value.len);
	if (r == 0)
		strv_push_take(&s->contents, buf_detach(&value));
	return r;
}

static int expand_copy(struct expander *x, struct step *s)
{
	const struct instruction *in = s->of->in;
	int r = 0;

	for (size_t i = 0; r == 0 && i < in->args.n; i++) {
		cleanup_free char *name = NULL;
		bool ignored;

		if (in->n_heredocs &&
		    heredoc_word(in->args.v[i], &name, &ignored, &ignored, x->e) > 0)
			strv_push(&s->args, in->args.v[i]);
		else
			r = add_word(x, in->args.v[i], &s->args, &s->kept);
	}
	for (size_t i = 0; r == 0 && i < in->n_heredocs; i++)
		r = add_content(x, &in->heredocs[i], s);
	for (size_t i = 0; r == 0 && i + 1 < s->args.n; i++)
		if (in->kind == INSTRUCTION_COPY && remote_kind(s->args.v[i]) != REMOTE_NONE)
			r = err_set(x->e, ERR_USAGE,
				    "COPY of '%s'; ADD takes URLs and git repositories",
				    s->args.v[i]);
	return r == 0 ? copy_flags(x, s) : r;
}

static int expand_step(struct expander *x, struct step *s)
{
	const struct instruction *in = s->of->in;
	int r;

	switch (in->kind) {
	case INSTRUCTION_ADD:
	case INSTRUCTION_COPY:
		return expand_copy(x, s);
	case INSTRUCTION_ENV:
		return expand_env(x, s);
	case INSTRUCTION_ARG:
		return expand_arg(x, s);
	case INSTRUCTION_EXPOSE:
		return expand_expose(x, s);
	case INSTRUCTION_RUN:
		r = expand_run(x, s);
		return r == 0 ? add_plain(x, &in->flags, &s->flags) : r;
	case INSTRUCTION_STOPSIGNAL:
		r = add_words(x, s);
		return r == 0 && !s->kept ? values_signal(s->args.v[0], x->e) : r;
	case INSTRUCTION_LABEL:
	case INSTRUCTION_USER:
	case INSTRUCTION_VOLUME:
	case INSTRUCTION_WORKDIR:
		return add_words(x, s);
	default: /* the shell's, or text */
		r = add_plain(x, &in->args, &s->args);
		return r == 0 ? add_plain(x, &in->flags, &s->flags) : r;
	}
}

/* What the base of a stage sets: of an image nothing is known. */
static int start_env(struct expander *x, const struct source *base, const struct variables *envs)
{
	const struct variables *below;
	int r = 0;

	if (base->kind != SOURCE_STAGE) {
		x->env->open = base->kind != SOURCE_SCRATCH;
		return x->env->open ? 0 : variables_set(x->env, "PATH", STEPS_PATH, x->e);
	}
	below = &envs[base->stage];
	for (size_t i = 0; r == 0 && i < below->names.n; i++)
		r = count(x, strlen(below->names.v[i]) + strlen(below->values.v[i]));
	if (r == 0)
		variables_copy(below, x->env);
	return r;
}

static int expand_stage(struct expander *x, const struct graph_stage *of, struct steps *out)
{
	out->v = xcalloc(of->n, sizeof(*out->v));
	for (size_t i = 0; i < of->n; i++) {
		struct step *s = &out->v[out->n++];

		s->of = &of->steps[i];
		if (expand_step(x, s) < 0)
			return dockerfile_err_at(x->g->file->name, s->of->in, x->e);
	}
	return 0;
}

int steps_expand_next(struct steps_scope *scope, const struct graph_step *of, struct step *ret,
		      struct err *e)
{
	struct expander x = {.g = scope->g,
			     .env = &scope->env,
			     .options = {.escape = scope->g->file->escape},
			     .total = scope->total,
			     .e = e};
	cleanup_step struct step s = {.of = of};
	int r = expand_step(&x, &s);

	scope->total = x.total;
	if (r < 0)
		return dockerfile_err(scope->g->file->name, of->in->line, e);
	*ret = s;
	s = (struct step){0};
	return 0;
}

int steps_expand(const struct graph *g, struct steps *ret, struct err *e)
{
	struct variables *envs = xcalloc(g->n, sizeof(*envs));
	struct expander x = {.g = g, .options = {.escape = g->file->escape}, .e = e};
	int r = 0;

	memset(ret, 0, g->n * sizeof(*ret));
	for (size_t i = 0; r == 0 && i < g->n; i++) {
		x.env = &envs[i];
		r = start_env(&x, &g->stages[i].base, envs);
		if (r < 0)
			r = dockerfile_err(g->file->name, g->stages[i].from->line, e);
		else
			r = expand_stage(&x, &g->stages[i], &ret[i]);
	}
	for (size_t i = 0; i < g->n; i++) {
		variables_clear(&envs[i]);
		if (r < 0)
			steps_clear(&ret[i]);
	}
	free(envs);
	return r;
}
