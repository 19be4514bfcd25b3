/*
 * seccomp_tree.c - finds the search for a call's number that takes the least time to install.
 *
 * When a filter is installed the kernel compiles each instruction, and runs the filter once for
 * each call number it knows (seccomp_cache_prepare()). Both costs are counted, for every way to
 * split the ranges in two or to compare lone numbers first, from few ranges to all of them.
 */
#include "launch/seccomp_tree.h"

/* Compiling an instruction takes as long as running this many (measured, x86_64). */
#define COST_INSN 40

/* How many numbers the kernel tries, for each architecture. */
#define TRIED 480

bool seccomp_tree_same(const struct seccomp_range *a, const struct seccomp_range *b)
{
	return a->answer == b->answer && a->tests == b->tests;
}

void seccomp_tree_add(struct seccomp_tree *tree, uint32_t nr, const struct seccomp_rule *rule)
{
	struct seccomp_range range = {
		.first = nr,
		.answer = rule ? rule->answer : seccomp_unknown,
		.tests = rule ? rule->tests : NULL,
	};

	if (tree->n > 0 && seccomp_tree_same(&tree->v[tree->n - 1], &range))
		return;
	/* seccomp_tree_plan() reports it if there are too many. */
	if (tree->n < SECCOMP_TREE_MAX)
		tree->v[tree->n++] = range;
}

static bool is_lone(const struct seccomp_tree *tree, size_t i)
{
	return i + 1 < tree->n && tree->v[i].first + 1 == tree->v[i + 1].first;
}

size_t seccomp_tree_base(const struct seccomp_tree *tree, size_t lo, size_t hi)
{
	size_t base = lo;

	while (base + 1 < hi && is_lone(tree, base))
		base++;
	for (size_t i = lo; i < hi; i++)
		if (!is_lone(tree, i) && !seccomp_tree_same(&tree->v[i], &tree->v[base]))
			return hi;
	return base;
}

/* Where v[i] begins among the numbers that are tried. */
static uint32_t tried_below(const struct seccomp_tree *tree, size_t i)
{
	return i < tree->n && tree->v[i].first < TRIED ? tree->v[i].first : TRIED;
}

/* Computes the span lo to hi - 1, once all smaller ones are known. */
static void plan_span(struct seccomp_tree *tree, size_t lo, size_t hi)
{
	size_t base = seccomp_tree_base(tree, lo, hi);
	uint32_t insn = COST_INSN + tried_below(tree, hi) - tried_below(tree, lo);
	uint32_t best = base < hi ? 0 : UINT32_MAX;

	for (size_t i = lo; base < hi && i < hi; i++)
		best += seccomp_tree_same(&tree->v[i], &tree->v[base]) ? 0 : insn;
	tree->cut[lo][hi] = 0;
	for (size_t cut = lo + 1; cut < hi; cut++) {
		uint32_t cost = insn + tree->cost[lo][cut] + tree->cost[cut][hi];

		if (cost >= best)
			continue;
		best = cost;
		tree->cut[lo][hi] = (uint16_t)cut;
	}
	tree->cost[lo][hi] = best;
}

bool seccomp_tree_plan(struct seccomp_tree *tree)
{
	if (tree->n == SECCOMP_TREE_MAX)
		return false;
	for (size_t n = 1; n <= tree->n; n++)
		for (size_t lo = 0; lo + n <= tree->n; lo++)
			plan_span(tree, lo, lo + n);
	return true;
}
