/*
 * registry_request.h - one request to a registry with all it takes: scheme, authentication,
 * redirects, retries. For registry.c and registry_push.c.
 */
#ifndef IMAGE_REGISTRY_REQUEST_H
#define IMAGE_REGISTRY_REQUEST_H

#include <pthread.h>

#include "image/http.h"
#include "image/registry.h"

struct registry {
	char *host;	 /* as in references; credentials are kept under it */
	char *authority; /* host[:port] that requests go to */
	char *path;	 /* repository */
	enum registry_access access;
	bool insecure, loopback;

	pthread_mutex_t lock; /* guards the rest */
	bool plain;	      /* http, not https */
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

/* The same for an absolute URL on the registry, such as an upload's Location. */
int registry_request_url(struct registry *r, const char *url, const struct http_request *req,
			 const long *accepted, struct http_response *ret, struct err *e);

/* The URL a path has now. The caller frees. */
char *registry_url(struct registry *r, const char *path);

/* One more scope that tokens are asked for; those there are are given up. */
void registry_add_scope(struct registry *r, const char *scope);

/* "registry/path", for messages; the caller frees. */
char *registry_label(const struct registry *r);

#endif
