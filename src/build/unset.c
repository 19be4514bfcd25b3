/*
 * unset.c - finds the variable of a word that has no value.
 */
#include "build/unset.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"

bool unset_declares(const struct instruction *in, const char *name)
{
	size_t n = strlen(name);

	if (in->trigger)
		return unset_declares(in->trigger, name);
	for (size_t i = 0; in->kind == INSTRUCTION_ARG && i < in->args.n; i++)
		if (strncmp(in->args.v[i], name, n) == 0 &&
		    (!in->args.v[i][n] || in->args.v[i][n] == '='))
			return true;
	return false;
}

/* The first one; NULL: there is none, as in ''. */
static char *find_unset(const char *word, const struct variables *vars)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

	while ((word = strchr(word, '$'))) {
		cleanup_free char *name = NULL;
		const char *value;

		word += word[1] == '{' ? 2 : 1;
		name = xstrndup(word, strspn(word, letters));
		value = *name ? variables_get(vars, name) : "-";
		if (!value || !*value)
			return take_ptr(name);
	}
	return NULL;
}

char *unset_help(const struct dockerfile *file, const struct instruction *stage, size_t line,
		 const char *word, const struct variables *vars)
{
	cleanup_free char *name = find_unset(word, vars);
	const struct instruction *in = file->v;
	bool declared = false;

	if (!name)
		return xstrdup("it is empty");
	for (; in < file->v + file->n && (stage || in->kind != INSTRUCTION_FROM); in++)
		if (!stage || (in->line > stage->line && in->line < line))
			declared |= unset_declares(in, name);
	if (declared)
		return xasprintf("%s has no value; give it one with --build-arg %s=VALUE", name,
				 name);
	return xasprintf("%s has no value; write 'ARG %s' %s, and give --build-arg %s=VALUE", name,
			 name, stage ? "in this stage, before this line" : "before the first FROM",
			 name);
}
