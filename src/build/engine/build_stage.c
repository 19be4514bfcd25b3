/*
 * build_stage.c - from FROM to the last step of a stage.
 *
 * Variables are replaced step by step, because only now it is known what the base sets.
 */
#include "build/engine/build_stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "build/engine/build_base.h"
#include "build/engine/build_config.h"
#include "build/engine/build_copy.h"
#include "build/engine/build_run.h"
#include "build/engine/build_workdir.h"
#include "build/steps.h"
#include "build/unset.h"
#include "image/registry/registry.h"

#define TITLE_MAX 120

/* The instructions in ONBUILD of an image, each a file of one line. */
struct build_triggers {
	struct dockerfile *files;
	struct instruction *v; /* copies of theirs, side by side */
	size_t n;
};

void build_triggers_free(struct build_triggers *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		dockerfile_clear(&t->files[i]);
	free(t->files);
	free(t->v);
	free(t);
}

bool build_stage_makes_layer(const struct instruction *in)
{
	return in->kind == INSTRUCTION_RUN || in->kind == INSTRUCTION_COPY ||
	       in->kind == INSTRUCTION_ADD ||
	       (in->kind == INSTRUCTION_WORKDIR && !streq(in->args.v[0], "/"));
}

static int parse_trigger(struct build_triggers *t, const char *text, const char *image,
			 const struct instruction *from, struct err *e)
{
	cleanup_free char *name = xasprintf("ONBUILD of '%s'", image);
	cleanup_dockerfile struct dockerfile file = {0};
	int r = dockerfile_parse(text, strlen(text), name, &file, e);

	if (r == 0 && (file.n != 1 || file.v[0].kind == INSTRUCTION_FROM || file.v[0].trigger))
		r = err_set(e, EBADMSG, "%s is not one instruction", name);
	if (r < 0)
		return r;
	/* Errors of its steps are those of FROM. */
	file.v[0].line = from->line;
	file.v[0].last_line = from->last_line;
	t->v[t->n] = file.v[0];
	t->files[t->n++] = file;
	file = (struct dockerfile){0};
	return 0;
}

static int add_triggers(struct build *b, size_t stage, const struct strv *texts,
			struct build_triggers **ret, struct err *e)
{
	const struct graph_stage *s = &b->req->graph->stages[stage];
	struct build_triggers *t = xcalloc(1, sizeof(*t));
	int r = 0;

	*ret = t;
	t->files = xcalloc(texts->n + 1, sizeof(*t->files));
	t->v = xcalloc(texts->n + 1, sizeof(*t->v));
	for (size_t i = 0; r == 0 && i < texts->n; i++) {
		r = parse_trigger(t, texts->v[i], s->base.name, s->from, e);
		if (r == 0 && build_stage_makes_layer(&t->v[i]))
			atomic_fetch_add(&b->progress->steps, 1);
	}
	return r < 0 ? r : graph_add_triggers(b->req->graph, stage, t->v, t->n, e);
}

/* --build-context NAME=docker-image://IMAGE */
static int context_image(const struct source *base, const char **ret, struct err *e)
{
	if (!starts_with(base->name, SOURCE_DOCKER_IMAGE))
		return err_set(e, ENOTSUP,
			       "FROM '%s': only an image can be the base of a stage; give it as "
			       "'--build-context NAME=%sIMAGE'",
			       base->name, SOURCE_DOCKER_IMAGE);
	*ret = base->name + strlen(SOURCE_DOCKER_IMAGE);
	return 0;
}

/* A word of the FROM line that would be empty. */
static int refuse_unset(const struct graph *g, const struct graph_stage *s, struct err *e)
{
	const char *word = s->base.unset ? s->base.name : s->platform;
	cleanup_free char *help = NULL;

	if (!s->base.unset && !(word && strchr(word, '$')))
		return 0;
	help = unset_help(g->file, NULL, 0, word, &g->args);
	return err_set(e, ERR_USAGE, "FROM %s'%s': %s", s->base.unset ? "" : "--platform=", word,
		       help);
}

static int begin(struct build *b, size_t stage, struct build_state *ret, struct strv *onbuild,
		 struct err *e)
{
	const struct graph_stage *s = &b->req->graph->stages[stage];
	const struct build_state *below;
	const char *image = s->base.name;
	int r = refuse_unset(b->req->graph, s, e);

	if (r < 0)
		return r;
	switch (s->base.kind) {
	case SOURCE_SCRATCH:
		build_state_scratch(
			s->platform ? s->platform : b->req->graph->options->target_platform, ret);
		return 0;
	case SOURCE_STAGE:
		r = b->need(b, s->base.stage, &below, e);
		if (r == 0)
			build_state_copy(below, ret);
		return r;
	case SOURCE_CONTEXT:
		r = context_image(&s->base, &image, e);
		break;
	default:
		break;
	}
	return r < 0 ? r : build_base_image(b, image, s->platform, ret, onbuild, e);
}

/* "[build] RUN make": one line, with blanks in a row as one. */
static char *title_of(const struct graph_stage *stage, const struct instruction *in)
{
	cleanup_buf struct buf text = BUF_INIT;

	if (stage->name)
		buf_addf(&text, "[%s] ", stage->name);
	for (const char *c = in->text; *c && text.len < TITLE_MAX; c++) {
		bool blank = *c == ' ' || *c == '\t';

		if (!blank || (c[1] != ' ' && c[1] != '\t'))
			buf_addch(&text, blank ? ' ' : *c);
	}
	if (text.len >= TITLE_MAX)
		buf_addstr(&text, "...");
	return err_quote_all(text.data);
}

static int carry_out(struct build *b, struct build_state *s, const struct graph_stage *stage,
		     const struct step *step, struct err *e)
{
	const struct instruction *in = step->of->in;
	cleanup_free char *title = title_of(stage, in);
	int r;

	switch (in->kind) {
	case INSTRUCTION_RUN:
		return build_run_step(b, s, step, title, e);
	case INSTRUCTION_ADD:
	case INSTRUCTION_COPY:
		return build_copy_step(b, s, step, title, e);
	case INSTRUCTION_WORKDIR:
		r = build_workdir_step(b, s, step->args.v[0], title, e);
		break;
	default:
		r = build_config_apply(s, step, e);
	}
	return r < 0 ? dockerfile_err(b->req->graph->file->name, in->line, e) : 0;
}

static int run_steps(struct build *b, size_t stage, struct build_state *s, struct err *e)
{
	const struct graph_stage *of = &b->req->graph->stages[stage];
	struct steps_scope scope = {.g = b->req->graph, .env = s->env};
	int r = 0;

	s->env = (struct variables){0};
	for (size_t i = 0; r == 0 && i < of->n; i++) {
		cleanup_step struct step step = {0};

		if (registry_interrupted())
			r = err_set(e, EINTR, "interrupted");
		if (r == 0)
			r = steps_expand_next(&scope, &of->steps[i], &step, e);
		/* The step sees what it has changed itself, and not what comes later. */
		s->env = scope.env;
		if (r == 0)
			r = carry_out(b, s, of, &step, e);
		scope.env = s->env;
	}
	return r;
}

int build_stage_run(struct build *b, size_t stage, struct build_state *ret,
		    struct build_triggers **triggers, struct err *e)
{
	const struct graph *g = b->req->graph;
	cleanup_build_state struct build_state s = {0};
	cleanup_strv struct strv onbuild = {0};
	int r = begin(b, stage, &s, &onbuild, e);

	if (r < 0)
		return dockerfile_err(g->file->name, g->stages[stage].from->line, e);
	/* An earlier attempt may have added them. */
	if (onbuild.n && !*triggers)
		r = add_triggers(b, stage, &onbuild, triggers, e);
	if (r == 0)
		r = run_steps(b, stage, &s, e);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct build_state){0};
	return 0;
}
