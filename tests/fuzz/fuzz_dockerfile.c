/*
 * fuzz_dockerfile.c - any bytes as a Dockerfile: what is read has its lines in order, a stage needs
 * only earlier ones, and its steps can be expanded or are refused.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "build/steps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lines(const struct dockerfile *d)
{
	size_t last = 0;

	for (size_t i = 0; i < d->n; i++) {
		const struct instruction *in = &d->v[i];

		if (in->line <= last || in->last_line < in->line || in->flags.n % 2)
			abort();
		last = in->last_line;
	}
}

static void check_source(const struct source *s, size_t stage)
{
	if (s->kind == SOURCE_STAGE ? s->stage >= stage || s->name
				    : s->kind == SOURCE_IMAGE && !s->name)
		abort();
}

static void check_stage(const struct graph *g, size_t i)
{
	const struct graph_stage *s = &g->stages[i];

	check_source(&s->base, i);
	for (size_t k = 0; k < s->n; k++)
		for (size_t m = 0; m < s->steps[k].n_sources; m++)
			check_source(&s->steps[k].sources[m], i);
}

static void check_steps(const struct graph *g)
{
	struct steps *steps = xcalloc(g->n, sizeof(*steps));
	struct err e;
	int r = steps_expand(g, steps, &e);

	for (size_t i = 0; i < g->n; i++) {
		if (steps[i].n != (r == 0 ? g->stages[i].n : 0))
			abort();
		steps_clear(&steps[i]);
	}
	free(steps);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct graph_options options = {.build_platform = "linux/amd64",
					      .target_platform = "linux/arm64"};
	cleanup_dockerfile struct dockerfile d = {0};
	cleanup_graph struct graph g = {0};
	struct err e;

	if (dockerfile_parse((const char *)data, size, "Dockerfile", &d, &e) < 0) {
		if (d.v)
			abort();
		return 0;
	}
	check_lines(&d);
	if (graph_make(&d, &options, &g, &e) < 0)
		return 0;
	if (g.target >= g.n || !g.stages[g.target].used)
		abort();
	for (size_t i = 0; i < g.n; i++)
		check_stage(&g, i);
	check_steps(&g);
	return 0;
}
