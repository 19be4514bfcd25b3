/*
 * registry_request.h - one request to a registry with everything around it: scheme, authentication,
 * redirects, retries. For registry.c and registry_push.c.
 */
#ifndef IMAGE_REGISTRY_REGISTRY_REQUEST_H
#define IMAGE_REGISTRY_REGISTRY_REQUEST_H

#include <pthread.h>

#include "image/registry/http.h"
#include "image/registry/registry.h"

struct registry {
	char *host;	 /* as in references; the key of its credentials */
	char *authority; /* host[:port] to send requests to */
	char *path;	 /* repository */
	enum registry_access access;
	bool insecure, loopback;
	bool no_mounts; /* it has refused a mount; only pushes use it, in one thread */

	pthread_mutex_t lock; /* guards the rest */
	bool plain;	      /* http, not https */
	bool switched;	      /* the other scheme was tried before */
	bool settled;	      /* there was an answer: the scheme is right */
	char *authorization;  /* the last accepted header, or NULL */
	struct strv scopes;
	const char *user, *password; /* for login: to try instead of stored ones */
};

/*
 * Sends req with the path "/v2/..." instead of its url. A failed status (except those in
 * `accepted`, 0-terminated) is an error with the server's message. The caller keeps req->method,
 * headers and body.
 */
int registry_request(struct registry *r, const char *path, const struct http_request *req,
		     const long *accepted, struct http_response *answer, struct err *e);

/* The same for optional requests: tries at most twice. */
int registry_ask(struct registry *r, const char *path, const struct http_request *req,
		 const long *accepted, struct http_response *answer, struct err *e);

/*
 * The same for an absolute URL, such as an upload's Location, without retries: a broken upload
 * cannot be sent there again. answer->transient says whether the whole upload may be retried.
 */
int registry_request_url(struct registry *r, const char *url, const struct http_request *req,
			 const long *accepted, struct http_response *answer, struct err *e);

/* Waits before a retry, as the server asks. False: there were enough tries. */
bool registry_back_off(const struct http_response *res, int tries);

/*
 * The target of a Location header, relative to the request; NULL: none that is allowed. The caller
 * frees it.
 */
char *registry_location(const struct http_response *res);

/* Adds or removes a scope that tokens are requested for; drops the present tokens. */
void registry_add_scope(struct registry *r, const char *scope);
void registry_drop_scope(struct registry *r, const char *scope);

#endif
