/*
 * ports.c - [ports]: from `host = box` to published ports.
 *
 * The value is a list, which only free ports have a use for: `auto = 80 443`.
 */
#include "config/ports.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/value.h"

#define PORTS_MAX 256 /* of a box: each takes two descriptors, of 1024 */

static void append(struct port_setting **v, size_t *n, struct port_setting p)
{
	*v = xrealloc(*v, *n + 1, sizeof(**v));
	(*v)[(*n)++] = p;
}

int settings_ports_of(const struct setting *st, struct port_setting **v, size_t *n, struct err *e)
{
	cleanup_strv struct strv words = {0};

	value_words(st->value, &words);
	for (size_t i = 0; i < words.n; i++) {
		struct port_setting p = {.from = st};

		if (port_value_parse(st->key, words.v[i], &p.value, e) < 0)
			return err_add(e, "%s", st->source);
		append(v, n, p);
	}
	return 0;
}

static void drop_replaced(struct port_setting *v, size_t *n)
{
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++) {
		bool replaced = false;

		for (size_t j = i + 1; j < *n && !replaced; j++)
			replaced = port_value_overlaps(&v[i].value, &v[j].value);
		if (!replaced)
			v[kept++] = v[i];
	}
	*n = kept;
}

int settings_ports(const struct settings *s, struct port_setting **ret, size_t *ret_n,
		   struct err *e)
{
	cleanup_free struct port_setting *v = NULL;
	const struct setting *st = NULL;
	size_t n = 0, all = 0;
	int r = 0;

	while (r == 0 && (st = settings_next(s, st, KEY_PORTS)))
		r = settings_ports_of(st, &v, &n, e);
	if (r < 0)
		return r;
	drop_replaced(v, &n);
	for (size_t i = 0; i < n; i++)
		all += v[i].value.n;
	if (all > PORTS_MAX)
		return err_set(e, ERR_USAGE, "%s: more than %d ports", v[n - 1].from->source,
			       PORTS_MAX);
	*ret = take_ptr(v);
	*ret_n = n;
	return 0;
}
