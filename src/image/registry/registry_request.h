/*
 * registry_request.h - one request to a registry with all it takes: scheme, authentication,
 * redirects, retries. For registry.c and registry_push.c.
 */
#ifndef IMAGE_REGISTRY_REGISTRY_REQUEST_H
#define IMAGE_REGISTRY_REGISTRY_REQUEST_H

#include <pthread.h>

#include "image/registry/http.h"
#include "image/registry/registry.h"

struct registry {
	char *host;	 /* as in references; credentials are kept under it */
	char *authority; /* host[:port] that requests go to */
	char *path;	 /* repository */
	enum registry_access access;
	bool insecure, loopback;
	bool no_mounts; /* it has refused one; a push is one thread */

	pthread_mutex_t lock; /* guards the rest */
	bool plain;	      /* http, not https */
	bool switched;	      /* the other scheme was tried first */
	bool settled;	      /* an answer has come: the scheme is right */
	char *authorization;  /* header that was accepted last, or NULL */
	struct strv scopes;
	const char *user, *password; /* for login: to be tried in place of those kept */
};

/*
 * Sends req with the path "/v2/..." in place of its url. A failed status (but those in `accepted`,
 * 0-ended) is an error in the words of the server. req->method, headers and body are the caller's.
 */
int registry_request(struct registry *r, const char *path, const struct http_request *req,
		     const long *accepted, struct http_response *ret, struct err *e);

/* The same for what is worth asking and can be done without: tried twice at most. */
int registry_ask(struct registry *r, const char *path, const struct http_request *req,
		 const long *accepted, struct http_response *ret, struct err *e);

/*
 * The same for an absolute URL, such as an upload's Location, and once: an upload that broke cannot be
 * sent there again. ret->transient says whether the whole of it may be tried anew.
 */
int registry_request_url(struct registry *r, const char *url, const struct http_request *req,
			 const long *accepted, struct http_response *ret, struct err *e);

/* Waits before something is tried once more, as the server asks. False: it was tried often enough. */
bool registry_back_off(const struct http_response *res, int tries);

/* Where a Location leads, seen from what was asked; NULL: nowhere that may be. The caller frees. */
char *registry_location(const struct http_response *res);

/* One scope more, or less, that tokens are asked for; those there are are given up. */
void registry_add_scope(struct registry *r, const char *scope);
void registry_drop_scope(struct registry *r, const char *scope);

#endif
