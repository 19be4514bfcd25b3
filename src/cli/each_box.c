/*
 * each_box.c - doing one thing to every box that is named.
 */
#include "cli/each_box.h"

#include "base/cleanup.h"
#include "base/log.h"

int each_box(const struct args *args,
	     int (*act)(const struct store *s, struct box *b, const void *options, struct err *e),
	     struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	int result = store_open(&s, e);

	for (int i = 0; (result == 0 || i > 0) && i < args->n; i++) {
		cleanup_box struct box b = BOX_INIT;
		struct err one;
		int r = box_find_damaged(&s, args->v[i], &b, &one);

		if (r == 0)
			r = act(&s, &b, args->options, &one);
		if (r == 0)
			continue;
		if (result < 0)
			log_warn("%s", e->msg);
		*e = one;
		result = r;
	}
	return result;
}
