/*
 * each_box.c - doing one thing to every named box.
 */
#include "cli/each_box.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "box/target.h"

static int find(const struct store *s, const char *word, bool exact, struct box *ret, struct err *e)
{
	cleanup_target struct target t = TARGET_INIT;
	int r = target_find(s, word, true, &t, e);

	if (r < 0)
		return r;
	if (exact && t.above)
		return err_set(e, ENOENT,
			       "directory '%s' has no box; the project '%s', which it is a "
			       "part of, has to be named itself",
			       word, t.dir);
	target_say(&t);
	return target_box(s, &t, ret, e);
}

/* Keeps one error of several. */
static void keep_error(int *result, int r, const struct err *one, struct err *e)
{
	if (*result < 0)
		log_warn("%s", e->msg);
	*e = *one;
	*result = r;
}

int each_box(const struct args *args, const struct each_box *each, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	int result = args->n ? store_open(&s, e)
			     : err_set(e, ERR_USAGE, "missing argument: sandbox %s", each->usage);

	for (int i = 0; (result == 0 || i > 0) && i < args->n; i++) {
		cleanup_box struct box b = BOX_INIT;
		struct err one;
		int r = find(&s, args->v[i], each->exact, &b, &one);

		if (r == 0)
			r = each->act(&s, &b, args->options, &one);
		if (r < 0)
			keep_error(&result, r, &one, e);
	}
	return result;
}

int each_of_all(const struct args *args, const struct each_box *each, struct err *e)
{
	cleanup_box_list struct box_list all = {0};
	cleanup_store struct store s = STORE_INIT;
	int result = args->n ? err_set(e, ERR_USAGE, "--all and a PROJECT cannot be used together")
			     : box_list_of_store(&s, &all, e);

	if (result == 0 && each->confirm)
		result = each->confirm(&all, args->options, e);
	if (result < 0)
		return result;
	for (size_t i = 0; i < all.n; i++) {
		struct err one;
		int r = box_list_open(&s, &all, i, &one);

		if (r > 0)
			r = each->act(&s, &all.v[i], args->options, &one);
		if (r < 0 && r != -ENOENT)
			keep_error(&result, r, &one, e);
	}
	return result;
}
