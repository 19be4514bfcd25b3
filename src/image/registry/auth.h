/*
 * auth.h - a registry's authentication challenge (WWW-Authenticate, RFC 7235) and the header that
 * answers it.
 */
#ifndef IMAGE_REGISTRY_AUTH_H
#define IMAGE_REGISTRY_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

/* In order of preference: a token can be had without a user name too. */
enum auth_scheme { AUTH_NONE, AUTH_BASIC, AUTH_BEARER };

struct auth_challenge {
	enum auth_scheme scheme;
	char *realm, *service, *scope; /* or NULL */
};

void auth_challenge_clear(struct auth_challenge *c);
#define cleanup_auth_challenge __attribute__((cleanup(auth_challenge_clear)))

/* The best challenge that we can answer in a header's value; AUTH_NONE if there is none. */
void auth_parse(const char *value, struct auth_challenge *ret);

/* Replaces *best by other if that is better; takes or releases other. */
void auth_prefer(struct auth_challenge *best, struct auth_challenge other);

/*
 * Makes the Authorization header that answers a challenge of the registry at url, for scopes such
 * as "repository:library/debian:pull". Looks up the credentials of host; without any, asks for an
 * anonymous token. Credentials are sent to the realm only over TLS, or if the registry itself is
 * plain HTTP and the realm is on it. user and password, unless NULL, replace stored ones.
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
