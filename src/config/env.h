/*
 * env.h - environments as lists of NAME=value, and the expansion of $NAME in values.
 */
#ifndef CONFIG_ENV_H
#define CONFIG_ENV_H

#include "base/err.h"
#include "base/mem.h"

/* MAX_ARG_STRLEN of execve(2): what a variable may hold with its name. */
#define ENV_MAX_BYTES (128 * 1024)

/* The value of name, or NULL. Points into env. */
const char *env_get(const struct strv *env, const char *name);

/* Sets name, in the place it has if it is there. */
void env_set(struct strv *env, const char *name, const char *value);

/*
 * Expands $NAME and ${NAME} from env ("" for a variable that is not set) and $$ to '$'. Any other
 * '$' is an error, and so is a result over ENV_MAX_BYTES. env may be NULL: only the form is
 * checked, and *ret is meaningless. The caller frees *ret.
 */
int env_expand(const char *text, const struct strv *env, char **ret, struct err *e);

#endif
