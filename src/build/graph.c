/*
 * graph.c - which stage needs which.
 *
 * A stage can only need earlier ones, so that circles cannot arise; what would be one is named.
 */
#include "build/graph.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "build/expand.h"
#include "build/run_mount.h"
#include "build/unset.h"
#include "build/values.h"
#include "image/name/reference.h"

static void source_clear(struct source *s)
{
	free(s->name);
	*s = (struct source){0};
}

static void stage_clear(struct graph_stage *s)
{
	for (size_t i = 0; i < s->n; i++) {
		for (size_t k = 0; k < s->steps[i].n_sources; k++)
			source_clear(&s->steps[i].sources[k]);
		free(s->steps[i].sources);
	}
	free(s->steps);
	free(s->name);
	free(s->platform);
	source_clear(&s->base);
}

void graph_clear(struct graph *g)
{
	for (size_t i = 0; i < g->n; i++)
		stage_clear(&g->stages[i]);
	free(g->stages);
	variables_clear(&g->args);
	*g = (struct graph){0};
}

/* The last stage before `before` with this name; before if there is none. */
static size_t find_stage(const struct graph *g, const char *name, size_t before)
{
	size_t i = before;

	while (i > 0 && !(g->stages[i - 1].name && strcasecmp(g->stages[i - 1].name, name) == 0))
		i--;
	return i ? i - 1 : before;
}

static bool same_image(const char *a, const char *b)
{
	cleanup_reference struct reference ra = {0}, rb = {0};
	cleanup_free char *ta = NULL, *tb = NULL;
	struct err ignored;

	if (streq(a, b))
		return true;
	if (reference_parse(a, "docker.io", &ra, &ignored) < 0 ||
	    reference_parse(b, "docker.io", &rb, &ignored) < 0)
		return false;
	ta = reference_text(&ra);
	tb = reference_text(&rb);
	return streq(ta, tb);
}

/* The value of --build-context for an image, or NULL. */
static const char *find_context(const struct graph *g, const char *name)
{
	const struct variables *c = &g->options->contexts;

	for (size_t i = 0; i < c->names.n; i++)
		if (same_image(c->names.v[i], name))
			return c->values.v[i];
	return NULL;
}

/* A name that is no stage. */
static int outside_source(const struct graph *g, const char *name, struct source *ret,
			  struct err *e)
{
	cleanup_reference struct reference ref = {0};
	const char *context = find_context(g, name);

	if (streq(name, "scratch")) {
		*ret = (struct source){.kind = SOURCE_SCRATCH};
		return 0;
	}
	if (!context && reference_parse(name, "docker.io", &ref, e) < 0)
		return err_add(e, "no stage before this one is called '%.100s'", name);
	*ret = (struct source){.kind = context ? SOURCE_CONTEXT : SOURCE_IMAGE,
			       .name = xstrdup(context ? context : name)};
	return 0;
}

static bool is_number(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s);
}

/* The value of --from or from=, in the stage `at`: a stage, by name or number, or something else. */
static int find_source(const struct graph *g, size_t at, const char *name, struct source *ret,
		       struct err *e)
{
	size_t found = find_stage(g, name, at);

	if (found == at)
		found = find_stage(g, name, g->n);
	if (found == g->n && is_number(name)) {
		found = strlen(name) > 9 ? g->n : strtoul(name, NULL, 10);
		if (found >= g->n)
			return err_set(e, ERR_USAGE,
				       "there is no stage %s; the file has %zu, from 0", name,
				       g->n);
	}
	if (found == g->n)
		return outside_source(g, name, ret, e);
	if (found == at)
		return err_set(e, ERR_USAGE,
			       "a circle: stage '%s' needs itself; expected an earlier stage or an "
			       "image",
			       name);
	if (found > at)
		return err_set(e, ERR_USAGE,
			       "stage '%s' comes later, on line %zu; move it before this stage",
			       name, g->stages[found].from->line);
	*ret = (struct source){.kind = SOURCE_STAGE, .stage = found};
	return 0;
}

/*
 * A word of a FROM line. *unset: it has a variable without a value, and is as written, or would be
 * empty.
 */
static int expand_word(const struct graph *g, const char *word, struct buf *out, bool *unset,
		       struct err *e)
{
	const struct expand_options options = {.escape = g->file->escape,
					       .keep = EXPAND_KEEP_PLAIN};
	int r = expand(word, &options, &g->args, out, unset, e);

	if (r < 0)
		return r;
	if (!out->len) {
		*unset = true;
		buf_addstr(out, word);
	}
	return 0;
}

static int set_base(const struct graph *g, struct graph_stage *s, struct err *e)
{
	cleanup_buf struct buf name = BUF_INIT;
	bool unset = false;
	size_t found;
	int r = expand_word(g, s->from->args.v[0], &name, &unset, e);

	if (r < 0)
		return r;
	found = find_stage(g, name.data, g->n);
	if (found < g->n)
		s->base = (struct source){.kind = SOURCE_STAGE, .stage = found};
	else if (unset)
		s->base = (struct source){.name = xstrdup(name.data), .unset = true};
	else
		return outside_source(g, name.data, &s->base, e);
	return 0;
}

static int set_platform(const struct graph *g, struct graph_stage *s, struct err *e)
{
	const char *flag = instruction_flag(s->from, "platform");
	cleanup_buf struct buf text = BUF_INIT;
	bool unset = false;
	int r;

	if (!flag)
		return 0;
	r = expand_word(g, flag, &text, &unset, e);
	if (r < 0)
		return r;
	if (!unset)
		return values_platform(text.data, &s->platform, e);
	s->platform = xstrdup(text.data);
	return 0;
}

static int add_stage(struct graph *g, const struct instruction *in, struct err *e)
{
	struct graph_stage s = {.from = in};
	const char *given;
	int r = 0;

	if (g->n == GRAPH_STAGES_MAX)
		return err_set(e, ERR_USAGE, "more than %d stages", GRAPH_STAGES_MAX);
	if (in->args.n > 1)
		s.name = xstrdup(in->args.v[1]);
	given = s.name ? variables_get(&g->options->contexts, s.name) : NULL;
	if (given) {
		s.replaced = true;
		s.base = (struct source){.kind = SOURCE_CONTEXT, .name = xstrdup(given)};
	} else {
		r = set_base(g, &s, e);
	}
	if (r == 0)
		r = set_platform(g, &s, e);
	if (r < 0) {
		stage_clear(&s);
		return r;
	}
	g->stages = xrealloc(g->stages, g->n + 1, sizeof(*g->stages));
	g->stages[g->n++] = s;
	return 0;
}

/*
 * What an ARG sets in args: the value of --build-arg, its default, or what it has in outer, which
 * the lines before the first FROM have set; NULL for these.
 */
static int add_args(const struct graph *g, const struct instruction *in,
		    const struct variables *outer, struct variables *args, struct err *e)
{
	const struct expand_options options = {.escape = g->file->escape};
	int r = 0;

	for (size_t i = 0; r == 0 && i < in->args.n; i++) {
		const char *word = in->args.v[i];
		cleanup_free char *name = xstrndup(word, strcspn(word, "="));
		bool has_default = word[strlen(name)] == '=';
		const char *given = variables_get(&g->options->args, name);
		cleanup_buf struct buf value = BUF_INIT;

		if (!given && !has_default && outer)
			given = variables_get(outer, name);
		if (given)
			buf_addstr(&value, given);
		else if (has_default)
			r = expand(word + strlen(name) + 1, &options, args, &value, NULL, e);
		else
			continue;
		if (r == 0)
			r = variables_set(args, name, value.data, e);
	}
	return r;
}

static void add_step(struct graph_stage *s, const struct instruction *in, bool triggered)
{
	s->steps[s->n++] = (struct graph_step){.in = in, .triggered = triggered};
}

/* Does it act in stages that are based on this one? */
static bool is_trigger(const struct graph_step *s)
{
	return s->in->trigger && !s->triggered;
}

/* Those of ONBUILD of the stage below, and then the stage's own, which begin at in. */
static int collect_steps(struct graph *g, struct graph_stage *s, const struct instruction *in,
			 struct err *e)
{
	const struct graph_stage *base = s->base.kind == SOURCE_STAGE ? &g->stages[s->base.stage]
								      : NULL;
	const struct instruction *file_end = g->file->v + g->file->n, *end = in;
	size_t n = 0;

	while (!s->replaced && end < file_end && end->kind != INSTRUCTION_FROM)
		end++;
	for (size_t i = 0; base && i < base->n; i++)
		n += is_trigger(&base->steps[i]);
	n += (size_t)(end - in);
	g->n_steps += n;
	if (g->n_steps > GRAPH_STEPS_MAX)
		return err_set(e, ERR_USAGE, "more than %d steps", GRAPH_STEPS_MAX);
	s->steps = xcalloc(n, sizeof(*s->steps));
	for (size_t i = 0; base && i < base->n; i++)
		if (is_trigger(&base->steps[i]))
			add_step(s, base->steps[i].in->trigger, true);
	for (; in < end; in++)
		add_step(s, in, false);
	return 0;
}

/*
 * Where the steps of a stage take files from. BuildKit takes the names as they are written and
 * refuses variables in them; podman-build(1) replaces ARG of the stage, and so does this.
 */
struct finder {
	const struct graph *g;
	size_t at;		/* the stage */
	struct variables *args; /* of its ARG so far */
	struct err *e;
};

/* key: "--from=" or the like, for messages. */
static int find_named(const struct finder *f, size_t line, const char *key, const char *from,
		      struct source *ret)
{
	const struct expand_options options = {.escape = f->g->file->escape,
					       .keep = EXPAND_KEEP_PLAIN};
	cleanup_buf struct buf name = BUF_INIT;
	bool unset = false;
	int r;

	if (!strchr(from, '$'))
		return find_source(f->g, f->at, from, ret, f->e);
	r = expand(from, &options, f->args, &name, &unset, f->e);
	if (r < 0)
		return r;
	if (unset || !name.len) {
		cleanup_free char *help = unset_help(f->g->file, f->g->stages[f->at].from, line,
						     from, f->args);

		return err_set(f->e, ERR_USAGE, "%s%s: %s", key, from, help);
	}
	return find_source(f->g, f->at, name.data, ret, f->e);
}

static int copy_source(const struct finder *f, const struct instruction *in, struct source *ret)
{
	const char *from = instruction_flag(in, "from");

	if (from && *from)
		return find_named(f, in->line, "--from=", from, ret);
	*ret = (struct source){.kind = SOURCE_FILES};
	return 0;
}

static int mount_sources(const struct finder *f, struct graph_step *s)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i + 1 < s->in->flags.n; i += 2) {
		cleanup_free char *from = NULL;
		struct source source = {.kind = SOURCE_FILES};

		if (!streq(s->in->flags.v[i], "mount"))
			continue;
		r = run_mount_from(s->in->flags.v[i + 1], &from, f->e);
		if (r == 0 && from)
			r = find_named(f, s->in->line, "--mount: from=", from, &source);
		s->sources = xrealloc(s->sources, s->n_sources + 1, sizeof(*s->sources));
		s->sources[s->n_sources++] = source;
	}
	return r;
}

static int find_step_sources(const struct finder *f, struct graph_step *s)
{
	int r = 0;

	if (s->in->kind == INSTRUCTION_ARG) {
		r = add_args(f->g, s->in, &f->g->args, f->args, f->e);
	} else if (s->in->kind == INSTRUCTION_RUN) {
		r = mount_sources(f, s);
	} else if (s->in->kind == INSTRUCTION_COPY || s->in->kind == INSTRUCTION_ADD) {
		s->sources = xcalloc(1, sizeof(*s->sources));
		s->n_sources = 1;
		r = copy_source(f, s->in, &s->sources[0]);
	}
	return r < 0 ? dockerfile_err_at(f->g->file->name, s->in, f->e) : 0;
}

/* Of the first n steps of a stage. */
static int find_sources(struct graph *g, size_t at, size_t n, struct err *e)
{
	/* The limit of bytes is one for the whole file. */
	cleanup_variables struct variables args = {.bytes = g->args.bytes};
	const struct finder f = {.g = g, .at = at, .args = &args, .e = e};
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = find_step_sources(&f, &g->stages[at].steps[i]);
	g->args.bytes = args.bytes;
	return r;
}

int graph_add_triggers(struct graph *g, size_t stage, const struct instruction *v, size_t n,
		       struct err *e)
{
	struct graph_stage *s = &g->stages[stage];

	s->steps = xrealloc(s->steps, s->n + n, sizeof(*s->steps));
	memmove(s->steps + n, s->steps, s->n * sizeof(*s->steps));
	s->n += n;
	for (size_t i = 0; i < n; i++)
		s->steps[i] = (struct graph_step){.in = &v[i], .triggered = true};
	return find_sources(g, stage, n, e);
}

static int find_target(struct graph *g, struct err *e)
{
	const char *target = g->options->target;
	const char **names, *nearest;
	size_t n = 0;

	g->target = target ? find_stage(g, target, g->n) : g->n - 1;
	if (g->target == g->n && is_number(target) && strlen(target) < 9)
		g->target = strtoul(target, NULL, 10);
	if (g->target < g->n)
		return 0;
	names = xcalloc(g->n + 1, sizeof(*names));
	for (size_t i = 0; i < g->n; i++)
		if (g->stages[i].name)
			names[n++] = g->stages[i].name;
	nearest = nearest_word(target, names);
	err_set(e, ERR_USAGE, "%s has no stage '%s'%s%s%s", g->file->name, target,
		nearest ? "; did you mean '" : "; see 'sandbox image build --print'",
		nearest ? nearest : "", nearest ? "'?" : "");
	free(names);
	return -e->code;
}

static void use(struct graph *g, const struct source *s)
{
	if (s->kind == SOURCE_STAGE)
		g->stages[s->stage].used = true;
}

/* Needed stages come before those that need them. */
static void mark_used(struct graph *g)
{
	g->stages[g->target].used = true;
	for (size_t i = g->target + 1; i-- > 0;) {
		const struct graph_stage *s = &g->stages[i];

		if (!s->used)
			continue;
		use(g, &s->base);
		for (size_t k = 0; k < s->n; k++)
			for (size_t m = 0; m < s->steps[k].n_sources; m++)
				use(g, &s->steps[k].sources[m]);
	}
}

/* "linux/arm64/v8" as PREFIXPLATFORM, PREFIXOS, PREFIXARCH and PREFIXVARIANT. */
static int set_platform_args(struct graph *g, const char *prefix, const char *platform,
			     struct err *e)
{
	static const char *const parts[] = {"OS", "ARCH", "VARIANT"};
	cleanup_free char *copy = xstrdup(platform), *whole = xasprintf("%sPLATFORM", prefix);
	char *rest = copy;
	int r = variables_set(&g->args, whole, platform, e);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parts); i++) {
		cleanup_free char *name = xasprintf("%s%s", prefix, parts[i]);
		const char *value = strsep(&rest, "/");

		r = variables_set(&g->args, name, value ? value : "", e);
	}
	return r;
}

static int set_predefined(struct graph *g, struct err *e)
{
	const struct variables *given = &g->options->args;
	const char *last = NULL, *target = g->options->target;
	int r = set_platform_args(g, "BUILD", g->options->build_platform, e);

	for (size_t i = 0; i < g->file->n; i++)
		if (g->file->v[i].kind == INSTRUCTION_FROM)
			last = g->file->v[i].args.n > 1 ? g->file->v[i].args.v[1] : NULL;
	target = target ? target : last;
	if (r == 0)
		r = set_platform_args(g, "TARGET", g->options->target_platform, e);
	if (r == 0)
		r = variables_set(&g->args, "TARGETSTAGE", target ? target : "default", e);
	for (size_t i = 0; r == 0 && i < given->names.n; i++)
		if (variables_get(&g->args, given->names.v[i]))
			r = variables_set(&g->args, given->names.v[i], given->values.v[i], e);
	return r;
}

/* What comes before the first FROM, and the FROM lines. */
static int add_stages(struct graph *g, struct err *e)
{
	for (size_t i = 0; i < g->file->n; i++) {
		const struct instruction *in = &g->file->v[i];
		int r = 0;

		if (in->kind == INSTRUCTION_FROM)
			r = add_stage(g, in, e);
		else if (g->n == 0 && in->kind == INSTRUCTION_ARG)
			r = add_args(g, in, NULL, &g->args, e);
		else if (g->n == 0)
			r = err_set(e, ERR_USAGE,
				    "%s before the first FROM; only ARG may stand there",
				    instruction_names[in->kind]);
		if (r < 0)
			return dockerfile_err_at(g->file->name, in, e);
	}
	if (g->n == 0)
		return err_set(e, ERR_USAGE, "%s has no FROM", g->file->name);
	return 0;
}

int graph_make(const struct dockerfile *file, const struct graph_options *options,
	       struct graph *ret, struct err *e)
{
	cleanup_graph struct graph g = {.file = file, .options = options};
	int r = set_predefined(&g, e);

	if (r == 0)
		r = add_stages(&g, e);
	for (size_t i = 0; r == 0 && i < g.n; i++) {
		r = collect_steps(&g, &g.stages[i], g.stages[i].from + 1, e);
		r = r < 0 ? dockerfile_err(file->name, g.stages[i].from->line, e)
			  : find_sources(&g, i, g.stages[i].n, e);
	}
	if (r == 0)
		r = find_target(&g, e);
	if (r < 0)
		return r;
	mark_used(&g);
	*ret = g;
	g = (struct graph){0};
	return 0;
}
