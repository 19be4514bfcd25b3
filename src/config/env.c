/*
 * env.c - environments as lists, and the expansion of $NAME.
 *
 * Owns no state. Refuses results that execve(2) would not take, so that a few lines of `A = $A$A`
 * cannot exhaust memory.
 */
#include "config/env.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"

#define SMALL_BYTES   1024
#define ENV_ALL_BYTES (1u << 20) /* half of what execve(2) takes with the usual stack */

/* The index of NAME=..., or env->n. */
static size_t find(const struct strv *env, const char *name, size_t len)
{
	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], name, len) == 0 && env->v[i][len] == '=')
			return i;
	return env->n;
}

static const char *get(const struct strv *env, const char *name, size_t len)
{
	size_t i = find(env, name, len);

	return i < env->n ? env->v[i] + len + 1 : NULL;
}

const char *env_get(const struct strv *env, const char *name)
{
	return get(env, name, strlen(name));
}

void env_set(struct strv *env, const char *name, const char *value)
{
	size_t i = find(env, name, strlen(name));
	char *pair = xasprintf("%s=%s", name, value);

	if (i == env->n) {
		strv_push_take(env, pair);
		return;
	}
	free(env->v[i]);
	env->v[i] = pair;
}

/* The length of the variable name at the start of s; 0 if there is none. */
static size_t name_length(const char *s)
{
	size_t first = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");

	if (!first)
		return 0;
	return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
}

/* *s points to a '$'. Appends its expansion and moves *s behind it; false if it has none. */
static bool expand_one(const char **s, const struct strv *env, struct buf *out)
{
	bool braced = (*s)[1] == '{';
	const char *name = *s + 1 + braced, *value;
	size_t len = name_length(name);

	if (*name == '$' && !braced) {
		buf_addch(out, '$');
		*s += 2;
		return true;
	}
	if (!len || (braced && name[len] != '}'))
		return false;
	value = env ? get(env, name, len) : NULL;
	if (value)
		buf_addstr(out, value);
	*s = name + len + braced;
	return true;
}

/* Small values are bounded by the size of the file they come from. */
static bool all_too_long(const struct strv *env, size_t more)
{
	size_t all = more;

	for (size_t i = 0; more > SMALL_BYTES && env && i < env->n; i++)
		all += strlen(env->v[i]);
	return more > SMALL_BYTES && all > ENV_ALL_BYTES;
}

int env_expand(const char *text, const struct strv *env, char **ret, struct err *e)
{
	cleanup_buf struct buf out = BUF_INIT;
	const char *s = text;

	while (*s) {
		size_t plain = strcspn(s, "$");

		buf_add(&out, s, plain);
		s += plain;
		if (*s && !expand_one(&s, env, &out))
			return err_set(e, ERR_USAGE,
				       "'$' is not followed by a name: write '$NAME', '${NAME}', "
				       "or '$$' for a dollar sign");
		if (out.len > ENV_MAX_BYTES)
			return err_set(e, ERR_USAGE, "the value grows beyond 128 KiB");
	}
	if (all_too_long(env, out.len))
		return err_set(e, ERR_USAGE, "the variables together grow beyond 1 MiB");
	*ret = buf_detach(&out);
	return 0;
}
