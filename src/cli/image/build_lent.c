/*
 * build_lent.c - see build_lent.h. The forms are Docker's.
 */
#include "cli/image/build_lent.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/image/build_fields.h"

void build_lent_clear(struct build_lent_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].id);
		free(l->v[i].path);
		free(l->v[i].env);
		free(l->v[i].top);
	}
	free(l->v);
	*l = (struct build_lent_list){0};
}

static struct build_lent *add(struct build_lent_list *l)
{
	l->v = xrealloc(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n] = (struct build_lent){0};
	return &l->v[l->n++];
}

static int read_field(const char *key, const char *value, void *arg, struct err *e)
{
	struct build_lent *ret = arg;
	char **to = streq(key, "id")				? &ret->id
		    : streq(key, "src") || streq(key, "source") ? &ret->path
		    : streq(key, "in")				? &ret->top
		    : streq(key, "env")				? &ret->env
								: NULL;

	if (value && streq(key, "type") && (streq(value, "file") || streq(value, "env")))
		return 0;
	if (!to || !value)
		return err_set(e, ERR_USAGE, "expected id=ID with src=FILE or env=NAME");
	free(*to);
	*to = xstrdup(value);
	return 0;
}

static int read_secret(const char *word, struct build_lent *ret, struct err *e)
{
	int r = build_fields(word, read_field, ret, e);

	if (r == 0 && !ret->id)
		r = err_set(e, ERR_USAGE, "expected id=ID");
	if (r < 0)
		return err_add(e, "--secret %s", word);
	if (ret->path || ret->env)
		return 0;
	if (getenv(ret->id))
		ret->env = xstrdup(ret->id);
	else
		ret->path = xstrdup(ret->id);
	return 0;
}

int build_lent_secrets(const struct strv *words, struct build_lent_list *ret, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < words->n; i++)
		r = read_secret(words->v[i], add(ret), e);
	return r;
}

int build_lent_agents(const struct strv *words, struct build_lent_list *ret, struct err *e)
{
	for (size_t i = 0; i < words->n; i++) {
		struct build_lent *agent = add(ret);
		const char *equals = strchr(words->v[i], '=');
		const char *socket = equals ? equals + 1 : getenv("SSH_AUTH_SOCK");

		agent->id = xstrndup(words->v[i], strcspn(words->v[i], "="));
		if (!*agent->id)
			return err_set(e, ERR_USAGE, "--ssh %s: expected ID[=SOCKET]", words->v[i]);
		if (!socket || !*socket)
			return err_set(e, ERR_USAGE,
				       "--ssh %s: there is no agent, SSH_AUTH_SOCK is not set",
				       words->v[i]);
		agent->path = xstrdup(socket);
	}
	return 0;
}
