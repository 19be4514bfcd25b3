/*
 * exposed.c - see exposed.h. Triggers of the base image are not known.
 */
#include "build/exposed.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "build/steps.h"
#include "build/values.h"
#include "image/name/platform.h"

/* The stage that is built, and those below it. */
static void add_stages(const struct graph *g, const struct steps *steps, struct strv *ports,
		       char **ret_base)
{
	const struct source *base;
	size_t at = g->target;

	for (;;) {
		for (size_t i = 0; i < steps[at].n; i++) {
			const struct step *s = &steps[at].v[i];

			for (size_t k = 0; s->of->in->kind == INSTRUCTION_EXPOSE && k < s->args.n;
			     k++)
				strv_push(ports, s->args.v[k]);
		}
		base = &g->stages[at].base;
		if (base->kind != SOURCE_STAGE)
			break;
		at = base->stage;
	}
	*ret_base = base->kind == SOURCE_IMAGE ? xstrdup(base->name) : NULL;
}

static int find_in_graph(const struct dockerfile *file, const struct graph_options *options,
			 struct strv *ports, char **ret_base, struct err *e)
{
	cleanup_graph struct graph g = {0};
	struct steps *steps;
	int r = graph_make(file, options, &g, e);

	if (r < 0)
		return r;
	steps = xcalloc(g.n, sizeof(*steps));
	r = steps_expand(&g, steps, e);
	if (r == 0)
		add_stages(&g, steps, ports, ret_base);
	for (size_t i = 0; i < g.n; i++)
		steps_clear(&steps[i]);
	free(steps);
	return r;
}

static int set_arguments(const struct strv *args, struct variables *out, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < args->n; i++) {
		size_t n = strcspn(args->v[i], "=");
		cleanup_free char *name = xstrndup(args->v[i], n);

		r = variables_set(out, name, args->v[i] + n + (args->v[i][n] == '='), e);
	}
	return r;
}

int exposed_find(const char *text, size_t len, const struct strv *args, const char *target,
		 struct strv *ports, char **ret_base, struct err *e)
{
	cleanup_dockerfile struct dockerfile file = {0};
	cleanup_platform struct platform host = {0};
	cleanup_free char *platform = NULL;
	struct graph_options options = {.target = target};
	int r;

	platform_host(&host);
	r = values_platform(host.arch, &platform, e);
	options.build_platform = options.target_platform = platform;
	if (r == 0)
		r = dockerfile_parse(text, len, "Dockerfile", &file, e);
	if (r == 0)
		r = set_arguments(args, &options.args, e);
	if (r == 0)
		r = find_in_graph(&file, &options, ports, ret_base, e);
	variables_clear(&options.args);
	return r;
}
