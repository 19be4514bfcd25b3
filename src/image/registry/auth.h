/*
 * auth.h - what a registry asks for (WWW-Authenticate, RFC 7235) and the header that satisfies it.
 */
#ifndef IMAGE_REGISTRY_AUTH_H
#define IMAGE_REGISTRY_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

/* The better ones last: a token can be had without a user name too. */
enum auth_scheme { AUTH_NONE, AUTH_BASIC, AUTH_BEARER };

struct auth_challenge {
	enum auth_scheme scheme;
	char *realm, *service, *scope; /* or NULL */
};

void auth_challenge_clear(struct auth_challenge *c);
#define cleanup_auth_challenge __attribute__((cleanup(auth_challenge_clear)))

/* The best challenge we can answer in one header's value; AUTH_NONE when there is none. */
void auth_parse(const char *value, struct auth_challenge *ret);

/* *best becomes other where that is better; other is taken or released. */
void auth_prefer(struct auth_challenge *best, struct auth_challenge other);

/*
 * The Authorization header that answers a challenge of the registry at url, for scopes such as
 * "repository:library/debian:pull". Credentials of host are looked up; without any, a token for
 * everyone is asked for. They go to the realm only over TLS, or where the registry itself is plain
 * and the realm lies on it. user and password, unless NULL, are used in place of those kept.
 */
struct auth_request {
	const char *url;  /* of the request that was refused */
	const char *host; /* as in references */
	const char *path; /* repository */
	const struct strv *scopes;
	const char *user, *password;
	bool verify;
};
int auth_answer(const struct auth_request *req, const struct auth_challenge *c, char **ret_header,
		struct err *e);

#endif
