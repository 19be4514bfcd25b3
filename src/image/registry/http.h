/*
 * http.h - one HTTP exchange by libcurl: no redirects, no retries, no credentials of its own.
 *
 * Each thread keeps one handle, so that its next request reuses the connection. Header bytes, body
 * bytes, and the time without progress are limited.
 */
#ifndef IMAGE_REGISTRY_HTTP_H
#define IMAGE_REGISTRY_HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

struct http_request {
	const char *method; /* GET, HEAD, PUT, POST, DELETE */
	const char *url;
	const char *authorization;  /* value of the header, or NULL */
	const struct strv *headers; /* "Name: value", or NULL */
	bool verify;		    /* the server's certificate */
	/* May it connect there? NULL: anywhere. A proxy of the user's is asked about too. */
	bool (*may_connect)(const struct sockaddr *addr);

	/* The body to send: memory, or a file from its beginning; neither: none. */
	const void *body;
	int body_fd; /* -1: none */
	uint64_t body_size;
	void (*sent)(void *ctx, uint64_t bytes); /* or NULL */

	/*
	 * Receives the body of a 200 or 206. NULL: it goes into the response, as those of other
	 * answers do, up to max_body bytes. begin() is called with status and headers before the
	 * first byte.
	 */
	int (*begin)(void *ctx, long status, const char *content_range, struct err *e);
	int (*data)(void *ctx, const void *data, size_t len, struct err *e);
	size_t max_body;
	void *ctx;
};

struct http_response {
	long status;
	char *content_type, *location, *digest, *content_range, *retry_after, *last_modified;
	struct strv challenges; /* the WWW-Authenticate headers */
	struct buf body;
	bool transient; /* after a failure: a retry may succeed */
	bool begun;	/* the request's begin() was called, and bytes follow */
	bool elsewhere; /* it came from another origin than the registry's */
	char *url;	/* the final URL, after all redirects */
	bool no_tls;	/* after a failure: the server does not speak TLS */
};

#define HTTP_RESPONSE_INIT       \
	{                        \
		.body = BUF_INIT \
	}

void http_response_clear(struct http_response *r);
#define cleanup_http_response __attribute__((cleanup(http_response_clear)))

/* Returns 0 if there was an answer, whatever its status. Clears *res first. */
int http_exchange(const struct http_request *req, struct http_response *res, struct err *e);

/* The absolute form of a Location, relative to url; the caller frees it. NULL if there is none. */
char *http_resolve_url(const char *url, const char *location);

/* Do both URLs have the same scheme, host and port? */
bool http_same_origin(const char *a, const char *b);
bool http_is_tls(const char *url);

/* base64, for Basic authentication; the caller frees it. */
char *http_base64(const char *text);

/* text with characters special in URLs as %XX; the caller frees it. */
char *http_escape(const char *text);

/* Sets how long the rate may be below 1 KiB a second before it is a stall; initially 60. */
void http_set_stall_seconds(long seconds);

/* For a signal handler: every exchange of the process ends soon with -EINTR. */
void http_interrupt(void);
bool http_interrupted(void);

/* Sleeps, until interrupted. */
void http_sleep_ms(long ms);

#endif
