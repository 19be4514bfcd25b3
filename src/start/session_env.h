/*
 * session_env.h - the environment of a session, built from nothing.
 */
#ifndef START_SESSION_ENV_H
#define START_SESSION_ENV_H

#include "base/proc.h"
#include "config/settings.h"
#include "launch/request.h"

struct session_env_request {
	const struct settings *settings;
	const struct user *user;
	const char *box;  /* its name */
	const char *home; /* of the user, inside */
	bool root;
	bool other;		/* another user of the box: the session looks up its variables */
	bool host, step;	/* see facts.h */
	bool git_locked;	/* the project's git data is read-only */
	const char *joins;	/* see facts.h */
	const struct strv *has; /* see facts.h */
	const struct strv *image_env; /* NAME=value of the image's config, or NULL */
	const struct strv *extra;     /* NAME=value, or NAME to pass the host's; from --env */
};

/*
 * Appends NAME=value to out: from the image, then what every session has, then from the host
 * (facts.h), then [env], then extra. Nothing else of the host's environment goes in. *out_facts
 * goes with the session's request; release it with facts_clear(), on failure too.
 */
int session_env(const struct session_env_request *req, struct strv *out,
		struct session_facts *out_facts, struct err *e);

/* Appends only these: NAME=value, or NAME to pass the host's. */
int session_env_only(const struct strv *words, struct strv *out, struct err *e);

#endif
