/*
 * seccomp_tree.h - a filter's search for a call's number: which comparisons, in which order.
 *
 * Used while the program is built (seccomp_gen.c).
 */
#ifndef LAUNCH_SECCOMP_TREE_H
#define LAUNCH_SECCOMP_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "launch/seccomp_policy.h"

#define SECCOMP_TREE_MAX 256

/* Numbers from first up to the next range's first; the last has no end. */
struct seccomp_range {
	uint32_t first;
	uint32_t answer;
	const struct seccomp_test *tests; /* of the policy; NULL: none */
};

/* Zeroed to begin with, or n set to 0 to begin again. */
struct seccomp_tree {
	struct seccomp_range v[SECCOMP_TREE_MAX];
	size_t n;
	/*
	 * Of v[lo] to v[hi - 1]: their cost, and the first of the upper half. 0: they are not cut, but
	 * their base answers all numbers except the few that are compared one by one.
	 */
	uint32_t cost[SECCOMP_TREE_MAX][SECCOMP_TREE_MAX + 1];
	uint16_t cut[SECCOMP_TREE_MAX][SECCOMP_TREE_MAX + 1];
};

/* Ascending; rule: NULL where no rule names the number. */
void seccomp_tree_add(struct seccomp_tree *tree, uint32_t nr, const struct seccomp_rule *rule);

/* Fills cost and cut. False when there are more ranges than SECCOMP_TREE_MAX. */
bool seccomp_tree_plan(struct seccomp_tree *tree);

/* The range whose answer is that of all of lo to hi - 1 but lone numbers; hi when there is none. */
size_t seccomp_tree_base(const struct seccomp_tree *tree, size_t lo, size_t hi);

bool seccomp_tree_same(const struct seccomp_range *a, const struct seccomp_range *b);

#endif
