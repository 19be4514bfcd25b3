/*
 * env.h - environments as lists of NAME=value, and the expansion of $NAME in values.
 */
#ifndef CONFIG_ENV_H
#define CONFIG_ENV_H

#include "base/err.h"
#include "base/mem.h"

/* MAX_ARG_STRLEN of execve(2): the limit for one variable with its name. */
#define ENV_MAX_BYTES (128 * 1024)

/* The value of name, or NULL. Points into env. */
const char *env_get(const struct strv *env, const char *name);

/* Sets name, in place if it exists. */
void env_set(struct strv *env, const char *name, const char *value);

/*
 * Expands $NAME and ${NAME} from env (unset variables are "") and $$ to '$'. Any other '$' is an
 * error, and so is a result over ENV_MAX_BYTES. With env NULL only the syntax is checked, and *ret
 * is meaningless. The caller frees *ret.
 */
int env_expand(const char *text, const struct strv *env, char **ret, struct err *e);

#endif
