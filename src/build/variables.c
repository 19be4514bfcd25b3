/*
 * variables.c - names and values, in the order in which they were first set.
 */
#include "build/variables.h"

#include <stdlib.h>
#include <string.h>

static size_t find(const struct variables *v, const char *name)
{
	size_t i = 0;

	while (i < v->names.n && !streq(v->names.v[i], name))
		i++;
	return i;
}

const char *variables_get(const struct variables *v, const char *name)
{
	size_t i = find(v, name);

	return i < v->names.n ? v->values.v[i] : NULL;
}

int variables_set(struct variables *v, const char *name, const char *value, struct err *e)
{
	size_t i = find(v, name);

	if (i == VARIABLES_MAX)
		return err_set(e, ERR_USAGE, "more than %d variables", VARIABLES_MAX);
	v->bytes += strlen(value);
	if (v->bytes > VARIABLES_BYTES_MAX)
		return err_set(e, ERR_USAGE, VARIABLES_TOO_LARGE);
	if (i == v->names.n) {
		strv_push(&v->names, name);
		strv_push(&v->values, value);
	} else {
		char *copy = xstrdup(value);

		free(v->values.v[i]);
		v->values.v[i] = copy;
	}
	return 0;
}

void variables_copy(const struct variables *v, struct variables *ret)
{
	struct variables copy = {.open = v->open, .bytes = v->bytes};

	for (size_t i = 0; i < v->names.n; i++) {
		strv_push(&copy.names, v->names.v[i]);
		strv_push(&copy.values, v->values.v[i]);
	}
	variables_clear(ret);
	*ret = copy;
}

void variables_clear(struct variables *v)
{
	strv_clear(&v->names);
	strv_clear(&v->values);
	v->open = false;
	v->bytes = 0;
}
