/*
 * facts.h - what a box takes over from its host, in one table: variables and files, how each is
 * read, when it is read again, and what replaces it if the box cannot have it.
 */
#ifndef GRANT_FACTS_H
#define GRANT_FACTS_H

#include "base/mem.h"
#include "base/proc.h"
#include "config/settings.h"
#include "launch/request.h"

struct facts_request {
	const struct settings *settings;
	const struct user *user;
	bool root; /* the session runs as box-root */
	bool host; /* the image is `host`: what is in the host's /usr is in the box too */
	bool step; /* of a recipe: its result must not depend on the user's terminal */
	const struct strv *has; /* of the image's plan, or NULL */
	const struct strv *own; /* the environment before: the image's variables; NULL: none */
	const char *joins;	/* the notes of a running box's start; NULL: it is starting */
};

/* Sets in env, overriding the image, the present values of the host. */
void facts_env(const struct facts_request *req, struct strv *env);

/*
 * Returns what the session's process needs to adapt env to the box (settle.h), for variables that
 * still have the values facts_env() set in `lent`. Release it with facts_clear().
 */
void facts_session(const struct facts_request *req, const struct strv *lent, const struct strv *env,
		   struct session_facts *ret);
void facts_clear(struct session_facts *f);
#define cleanup_facts __attribute__((cleanup(facts_clear)))

/* A row of the table, for display. All but value is static text. */
struct fact_view {
	const char *name, *from, *refreshed, *otherwise;
	char *value; /* at present; NULL: the host has none, or it is a file */
};

/* Calls show for each row. */
void facts_show(const struct facts_request *req,
		void (*show)(const struct fact_view *fact, void *arg), void *arg);

#endif
