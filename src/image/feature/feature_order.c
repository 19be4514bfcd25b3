/*
 * feature_order.c - see feature_order.h.
 */
#include "image/feature/feature_order.h"

#include <stdlib.h>

#include "base/cleanup.h"

struct ordering {
	struct feature_list *list;
	size_t *priority;      /* of each feature */
	bool *after;	       /* n by n: must a feature come after another? */
	bool *done;	       /* is installed in an earlier round */
	size_t *order, *round; /* positions in the list */
	size_t n, n_round;
};

static void ordering_clear(struct ordering *o)
{
	free(o->priority);
	free(o->after);
	free(o->done);
	free(o->order);
	free(o->round);
}

/* installsAfter and overrideFeatureInstallOrder name features without their versions. */
static int add_after(struct ordering *o, size_t i, const char *folder, struct err *e)
{
	const struct feature *f = &o->list->v[i];
	const json_t *after = json_object_get(f->doc, "installsAfter");
	int r = 0;

	for (size_t k = 0; r == 0 && k < json_array_size(after); k++) {
		const char *id = json_string_value(json_array_get(after, k));
		cleanup_feature struct feature other = {0};

		r = feature_name(id ? id : "", NULL, folder, &other, e);
		for (size_t j = 0; r == 0 && j < o->list->n; j++)
			if (j != i && feature_is(&o->list->v[j], &other))
				o->after[i * o->list->n + j] = true;
	}
	return r < 0 ? err_add(e, "installsAfter of the feature '%s'", f->id) : 0;
}

static int set_priorities(struct ordering *o, const struct strv *override, const char *folder,
			  struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < override->n; i++) {
		cleanup_feature struct feature other = {0};
		size_t priority = override->n - i;

		r = feature_name(override->v[i], NULL, folder, &other, e);
		for (size_t j = 0; r == 0 && j < o->list->n; j++)
			if (feature_is(&o->list->v[j], &other) && o->priority[j] < priority)
				o->priority[j] = priority;
	}
	return r < 0 ? err_add(e, "overrideFeatureInstallOrder") : 0;
}

static bool is_ready(const struct ordering *o, size_t i)
{
	for (size_t j = 0; j < o->list->n; j++)
		if (o->after[i * o->list->n + j] && !o->done[j])
			return false;
	return true;
}

static int by_feature(const void *a, const void *b, void *list)
{
	const struct feature *v = ((const struct feature_list *)list)->v;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	int r = feature_compare(&v[i], &v[j]);

	return r ? r : (i > j) - (i < j);
}

/* The features of the next round, those with the highest priority; false: there are none. */
static bool take_round(struct ordering *o)
{
	size_t top = 0;

	o->n_round = 0;
	for (size_t i = 0; i < o->list->n; i++) {
		if (o->done[i] || !is_ready(o, i))
			continue;
		if (o->priority[i] > top || !o->n_round)
			o->n_round = 0;
		else if (o->priority[i] < top)
			continue;
		top = o->priority[i];
		o->round[o->n_round++] = i;
	}
	if (!o->n_round)
		return false;
	qsort_r(o->round, o->n_round, sizeof(*o->round), by_feature, o->list);
	for (size_t i = 0; i < o->n_round; i++) {
		o->done[o->round[i]] = true;
		o->order[o->n++] = o->round[i];
	}
	return true;
}

static bool waits_for(const struct ordering *o, size_t i, size_t *ret)
{
	for (size_t j = 0; j < o->list->n; j++)
		if (o->after[i * o->list->n + j] && !o->done[j]) {
			*ret = j;
			return true;
		}
	return false;
}

/* From any that is left, n steps along what they wait for end in a circle. */
static int name_circle(const struct ordering *o, struct err *e)
{
	cleanup_strv struct strv names = {0};
	cleanup_free char *text = NULL;
	size_t at = 0, first;

	while (o->done[at])
		at++;
	for (size_t i = 0; i < o->list->n; i++)
		waits_for(o, at, &at);
	first = at;
	do {
		strv_push(&names, o->list->v[at].id);
		waits_for(o, at, &at);
	} while (at != first);
	strv_push(&names, o->list->v[first].id);
	text = strv_join(&names, ", which needs ");
	return err_set(e, ERR_USAGE, "features need each other in a circle: %s", text);
}

static void apply(struct ordering *o)
{
	struct feature *sorted = xcalloc(o->n + 1, sizeof(*sorted));
	cleanup_free size_t *place = xcalloc(o->n + 1, sizeof(*place));

	for (size_t i = 0; i < o->n; i++) {
		sorted[i] = o->list->v[o->order[i]];
		place[o->order[i]] = i;
	}
	for (size_t i = 0; i < o->n; i++)
		for (size_t k = 0; k < sorted[i].n_needs; k++)
			sorted[i].needs[k] = place[sorted[i].needs[k]];
	free(o->list->v);
	o->list->v = sorted;
}

int feature_order(struct feature_list *l, const struct strv *override, const char *folder,
		  struct err *e)
{
	__attribute__((cleanup(ordering_clear))) struct ordering o = {
		.list = l,
		.priority = xcalloc(l->n + 1, sizeof(*o.priority)),
		.after = xcalloc(l->n * l->n + 1, sizeof(*o.after)),
		.done = xcalloc(l->n + 1, sizeof(*o.done)),
		.order = xcalloc(l->n + 1, sizeof(*o.order)),
		.round = xcalloc(l->n + 1, sizeof(*o.round)),
	};
	int r = set_priorities(&o, override, folder, e);

	for (size_t i = 0; r == 0 && i < l->n; i++) {
		for (size_t k = 0; k < l->v[i].n_needs; k++)
			o.after[i * l->n + l->v[i].needs[k]] = true;
		r = add_after(&o, i, folder, e);
	}
	while (r == 0 && o.n < l->n)
		if (!take_round(&o))
			r = name_circle(&o, e);
	if (r == 0)
		apply(&o);
	return r;
}
