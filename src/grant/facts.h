/*
 * facts.h - what a box follows of its host, in one table: variables and files, how each is read, when it
 * is read again, what stands in for it where the box cannot have it.
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
	bool root; /* the session is box-root's */
	bool host; /* the image is the host: what lies in its /usr is in the box too */
	bool step; /* of a recipe: what it makes must not depend on the user's terminal */
	const struct strv *has; /* of the image's plan, or NULL */
	const char *joins;	/* the box runs: the notes of its start; NULL: it starts */
};

/* Sets in env, on top of what the image says, what the host has at this moment. */
void facts_env(const struct facts_request *req, struct strv *env);

/*
 * What the session's process needs to know to settle env in the box (settle.h), for the variables that
 * still are as facts_env() set them in `lent`. Released with facts_clear().
 */
void facts_session(const struct facts_request *req, const struct strv *lent, const struct strv *env,
		   struct session_facts *ret);
void facts_clear(struct session_facts *f);
#define cleanup_facts __attribute__((cleanup(facts_clear)))

/* A row of the table, for who shows it. All but value is static text. */
struct fact_view {
	const char *name, *from, *refreshed, *otherwise;
	char *value; /* at this moment; NULL: the host has none, or it is a file */
};

/* Calls show for each row. */
void facts_show(const struct facts_request *req,
		void (*show)(const struct fact_view *fact, void *arg), void *arg);

#endif
