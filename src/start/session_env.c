/*
 * session_env.c - the environment of a session, built from nothing.
 */
#include "start/session_env.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "config/env.h"
#include "config/value.h"
#include "grant/facts.h"
#include "launch/protocol.h"

/* Our sudo comes first: the image's own can make nobody root here. */
#define BOX_PATH BOX_RUN_DIR "/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static int add_extra(const struct strv *extra, struct strv *out, struct err *e)
{
	for (size_t i = 0; extra && i < extra->n; i++) {
		const char *equals = strchr(extra->v[i], '=');
		cleanup_free char *name = equals ? xstrndup(extra->v[i],
							    (size_t)(equals - extra->v[i]))
						 : xstrdup(extra->v[i]);

		if (!value_env_name(name))
			return err_set(e, ERR_USAGE, "--env '%s' is not NAME=VALUE", extra->v[i]);
		if (equals)
			env_set(out, name, equals + 1);
		else if (getenv(name))
			env_set(out, name, getenv(name));
	}
	return 0;
}

/* The image's PATH does not contain our sudo. */
static void add_image_env(const struct strv *env, struct strv *out)
{
	for (size_t i = 0; env && i < env->n; i++) {
		const char *equals = strchr(env->v[i], '=');
		cleanup_free char *name = equals ? xstrndup(env->v[i], (size_t)(equals - env->v[i]))
						 : NULL;

		if (name && streq(name, "PATH")) {
			cleanup_free char *path = xasprintf(BOX_RUN_DIR "/bin:%s", equals + 1);

			env_set(out, name, path);
		} else if (name) {
			env_set(out, name, equals + 1);
		}
	}
}

int session_env(const struct session_env_request *req, struct strv *out,
		struct session_facts *out_facts, struct err *e)
{
	const struct user *u = req->user;
	struct facts_request facts = {.settings = req->settings,
				      .user = u,
				      .root = req->root,
				      .host = req->host,
				      .joins = req->joins,
				      .has = req->has,
				      .own = out,
				      .step = req->step};
	cleanup_free char *run = xasprintf("/run/user/%u", u->uid);
	cleanup_strv struct strv lent = {0};
	const char *locale;
	int r;

	env_set(out, "PATH", BOX_PATH);
	add_image_env(req->image_env, out);
	if (!req->other) {
		env_set(out, "HOME", req->root ? "/root" : req->home);
		env_set(out, "USER", req->root ? "root" : u->name);
		env_set(out, "LOGNAME", req->root ? "root" : u->name);
	}
	if (!req->root && !req->other)
		env_set(out, "XDG_RUNTIME_DIR", run);
	env_set(out, "SANDBOX", req->box);
	/* status and diff would refresh the index; git(1) */
	if (req->git_locked)
		env_set(out, "GIT_OPTIONAL_LOCKS", "0");
	if ((locale = env_get(out, "LANG")))
		out_facts->locale = xstrdup(locale);
	if (env_get(out, "TZ") && !getenv("TZ"))
		env_set(&lent, "TZ", env_get(out, "TZ"));
	facts_env(&facts, &lent);
	for (size_t i = 0; i < lent.n; i++) {
		cleanup_free char *name = xstrndup(lent.v[i], strcspn(lent.v[i], "="));

		env_set(out, name, lent.v[i] + strlen(name) + 1);
	}
	r = settings_apply_env(req->settings, out, e);
	if (r == 0)
		r = add_extra(req->extra, out, e);
	if (r == 0)
		facts_session(&facts, &lent, out, out_facts);
	return r;
}

int session_env_only(const struct strv *words, struct strv *out, struct err *e)
{
	return add_extra(words, out, e);
}
