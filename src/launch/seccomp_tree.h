/*
 * seccomp_tree.h - how a filter searches for a call's number: which comparisons, in which order.
 *
 * Used during the build (seccomp_gen.c).
 */
#ifndef LAUNCH_SECCOMP_TREE_H
#define LAUNCH_SECCOMP_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "launch/seccomp_policy.h"

#define SECCOMP_TREE_MAX 256

/* Call numbers from first up to the next range's first; the last range is open-ended. */
struct seccomp_range {
	uint32_t first;
	uint32_t answer;
	const struct seccomp_test *tests; /* of the policy; NULL: none */
};

/* Must be zero-initialized; set n to 0 to start over. */
struct seccomp_tree {
	struct seccomp_range v[SECCOMP_TREE_MAX];
	size_t n;
	/*
	 * For the ranges v[lo] to v[hi - 1]: the cost of the search, and the first range of the
	 * upper half. 0: not split, but answered by their base range, after comparing a few lone
	 * numbers one by one.
	 */
	uint32_t cost[SECCOMP_TREE_MAX][SECCOMP_TREE_MAX + 1];
	uint16_t cut[SECCOMP_TREE_MAX][SECCOMP_TREE_MAX + 1];
};

/* Add numbers in ascending order; rule is NULL if no rule names the number. */
void seccomp_tree_add(struct seccomp_tree *tree, uint32_t nr, const struct seccomp_rule *rule);

/* Computes cost and cut. False if there are more than SECCOMP_TREE_MAX ranges. */
bool seccomp_tree_plan(struct seccomp_tree *tree);

/* The range whose answer holds for all of lo to hi - 1 except lone numbers; hi if there is none. */
size_t seccomp_tree_base(const struct seccomp_tree *tree, size_t lo, size_t hi);

bool seccomp_tree_same(const struct seccomp_range *a, const struct seccomp_range *b);

#endif
