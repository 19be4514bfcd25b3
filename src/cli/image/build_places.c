/*
 * build_places.c - see build_places.h. The forms are those of Docker's buildx.
 */
#include "cli/image/build_places.h"

#include <stdlib.h>
#include <string.h>

#include "cli/image/build_fields.h"

struct reading {
	const char *option;
	bool writes;
	struct build_cache_place *place;
	bool has_type, is_local;
};

void build_places_clear(struct build_place_list *l)
{
	while (l->n > 0) {
		struct build_cache_place *last = &l->v[--l->n];

		free(last->ref);
		free(last->dir);
	}
	free(l->v);
	l->v = NULL;
}

static int read_type(struct reading *r, const char *value, struct err *e)
{
	r->has_type = true;
	r->is_local = streq(value, "local");
	if (r->is_local || streq(value, "registry"))
		return 0;
	return err_set(e, ERR_USAGE, "--%s: '%s' is not a type; expected registry or local",
		       r->option, value);
}

static int read_field(const char *key, const char *value, void *arg, struct err *e)
{
	struct reading *r = arg;
	char **to = streq(key, "ref")			     ? &r->place->ref
		    : streq(key, r->writes ? "dest" : "src") ? &r->place->dir
							     : NULL;

	if (value && streq(key, "type"))
		return read_type(r, value, e);
	if (value && r->writes && streq(key, "mode") &&
	    (streq(value, "max") || streq(value, "min"))) {
		r->place->all = streq(value, "max");
		return 0;
	}
	if (!value || !to)
		return err_set(e, ERR_USAGE, "--%s: '%s' is unknown; expected type=, ref=, %s",
			       r->option, key, r->writes ? "dest= or mode=min or max" : "or src=");
	free(*to);
	*to = xstrdup(value);
	return 0;
}

static int read_one(struct reading *r, const char *word, struct err *e)
{
	int n;

	if (!strchr(word, '=')) {
		r->place->ref = xstrdup(word);
		return 0;
	}
	n = build_fields(word, read_field, r, e);
	if (n == 0 && (!r->has_type || (r->is_local ? !r->place->dir || r->place->ref
						    : !r->place->ref || r->place->dir)))
		return err_set(e, ERR_USAGE,
			       "--%s %s: expected type=registry,ref=NAME or type=local,%s=DIR",
			       r->option, word, r->writes ? "dest" : "src");
	return n;
}

int build_places_read(const char *option, const struct strv *words, struct build_place_list *ret,
		      struct err *e)
{
	int r = 0;

	ret->v = xcalloc(words->n + 1, sizeof(*ret->v));
	for (size_t i = 0; r == 0 && i < words->n; i++) {
		struct reading reading = {.option = option,
					  .writes = streq(option, "cache-to"),
					  .place = &ret->v[ret->n++]};

		r = read_one(&reading, words->v[i], e);
	}
	return r;
}
