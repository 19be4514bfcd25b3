/*
 * registry_request.c - see registry_request.h.
 *
 *	scheme		https; http if allowed: on loopback tried first, elsewhere only if asked for
 *			(insecure) and the server does not speak TLS
 *	401		the challenge is answered (auth.h) and the request made once more
 *	3xx		followed up to 10 times, 307 and 308 with the body; Authorization only goes
 *			to the registry's own origin
 *	429, 5xx, broken	again, up to 5 times, with back-off and jitter; silence: not
 */
#include "image/registry/registry_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "config/value.h"
#include "image/document/json_read.h"
#include "image/registry/auth.h"

#define REDIRECTS_MAX	  10
#define ATTEMPTS_MAX	  5
#define BACKOFF_MS	  250
#define RETRY_AFTER_MAX_S 60

char *registry_label(const struct registry *r)
{
	return xasprintf("%s/%s", r->host, r->path);
}

/* The present URL of a path. The caller frees it. */
static char *url_of(struct registry *r, const char *path)
{
	bool plain;

	pthread_mutex_lock(&r->lock);
	plain = r->plain;
	pthread_mutex_unlock(&r->lock);
	return xasprintf("%s://%s%s", plain ? "http" : "https", r->authority, path);
}

static char *current_authorization(struct registry *r)
{
	char *copy;

	pthread_mutex_lock(&r->lock);
	copy = xstrdup(r->authorization);
	pthread_mutex_unlock(&r->lock);
	return copy;
}

static void forget_token(struct registry *r)
{
	if (r->authorization && starts_with(r->authorization, "Bearer "))
		free(take_ptr(r->authorization));
}

void registry_add_scope(struct registry *r, const char *scope)
{
	pthread_mutex_lock(&r->lock);
	if (!strv_has(&r->scopes, scope)) {
		strv_push(&r->scopes, scope);
		forget_token(r);
	}
	pthread_mutex_unlock(&r->lock);
}

void registry_drop_scope(struct registry *r, const char *scope)
{
	struct strv all;

	pthread_mutex_lock(&r->lock);
	all = r->scopes;
	r->scopes = (struct strv){0};
	for (size_t i = 0; i < all.n; i++)
		if (!streq(all.v[i], scope))
			strv_push(&r->scopes, all.v[i]);
	if (r->scopes.n != all.n)
		forget_token(r);
	strv_clear(&all);
	pthread_mutex_unlock(&r->lock);
}

/* Several threads may be refused at once: the first one's answer serves all. */
static int authenticate(struct registry *r, const char *url, const char *used,
			const struct http_response *res, struct err *e)
{
	struct auth_request req = {.url = url,
				   .host = r->host,
				   .path = r->path,
				   .scopes = &r->scopes,
				   .user = r->user,
				   .password = r->password,
				   .verify = !r->insecure};
	cleanup_auth_challenge struct auth_challenge c = {0};
	int ret = 0;

	for (size_t i = 0; i < res->challenges.n; i++) {
		struct auth_challenge other;

		auth_parse(res->challenges.v[i], &other);
		auth_prefer(&c, other);
	}
	if (c.scheme == AUTH_NONE)
		return err_set(e, EACCES, "it asks for an authentication that is not known here");
	pthread_mutex_lock(&r->lock);
	if (!r->authorization || (used && streq(used, r->authorization))) {
		char *header = NULL;

		ret = auth_answer(&req, &c, &header, e);
		if (ret == 0) {
			free(r->authorization);
			r->authorization = header;
		}
	}
	pthread_mutex_unlock(&r->lock);
	return ret;
}

/* The server's own message: {"errors": [{"message": ...}]}. */
static void add_server_message(const struct http_response *res, struct err *e)
{
	cleanup_json json_t *j = NULL;
	struct err ignored;
	const char *message;
	char quoted[300];

	if (!res->body.len ||
	    json_read(res->body.data, res->body.len, "the answer", &j, &ignored) < 0)
		return;
	message = json_string_value(
		json_object_get(json_array_get(json_object_get(j, "errors"), 0), "message"));
	if (message && *message) {
		cleanup_free char *so_far = xstrdup(e->msg);

		err_set(e, e->code, "%s (%s)", so_far, err_quote(quoted, sizeof(quoted), message));
	}
}

static int refused(const struct registry *r, const struct http_response *res, struct err *e)
{
	switch (res->status) {
	case 401:
	case 403:
		if (r->user)
			return err_set(e, EACCES, "the user name or the password is wrong");
		err_set(e, EACCES, "%s refuses access: 'sandbox login %s', if it is yours", r->host,
			r->host);
		break;
	case 404:
		err_set(e, ENOENT, "%s has no such image or tag", r->host);
		break;
	case 429:
		err_set(e, EBUSY, "%s takes no more requests for now", r->host);
		break;
	default:
		err_set(e, EIO, "%s answers with status %ld", r->host, res->status);
	}
	add_server_message(res, e);
	return -e->code;
}

static bool is_accepted(const long *accepted, long status)
{
	for (; *accepted; accepted++)
		if (*accepted == status)
			return true;
	return false;
}

/* 307 and 308 repeat the request elsewhere; the others are for reading only (RFC 9110, 15.4). */
static bool is_redirect(long status, const char *method)
{
	bool reading = streq(method, "GET") || streq(method, "HEAD");

	return status == 307 || status == 308 ||
	       (reading && (status == 301 || status == 302 || status == 303));
}

/* Only http and https, and never from https to http. */
static bool may_follow(const char *from, const char *to)
{
	return http_is_tls(to) ||
	       (!http_is_tls(from) && strncasecmp(to, "http://", strlen("http://")) == 0);
}

char *registry_location(const struct http_response *res)
{
	char *url = res->location ? http_resolve_url(res->url, res->location) : NULL;

	if (url && !may_follow(res->url, url))
		free(take_ptr(url));
	return url;
}

/* Follows the Locations of one request. Authorization is sent only to the registry itself. */
static int follow(struct registry *r, const char *first, const char *authorization,
		  const struct http_request *template, struct http_response *answer, struct err *e)
{
	cleanup_free char *url = xstrdup(first), *home = url_of(r, "/");
	struct http_request req = *template;
	char quoted[300];

	for (int i = 0; i <= REDIRECTS_MAX; i++) {
		bool ours = http_same_origin(url, home);
		char *next;
		int res;

		req.url = url;
		req.authorization = ours ? authorization : NULL;
		req.verify = !r->insecure;
		res = http_exchange(&req, answer, e);
		answer->elsewhere = !ours;
		if (res < 0 || !is_redirect(answer->status, req.method) || !answer->location)
			return res;
		next = registry_location(answer);
		if (!next)
			return err_set(e, EACCES, "%s sends us to '%s': refused", r->host,
				       err_quote(quoted, sizeof(quoted), answer->location));
		free(url);
		url = next;
	}
	return err_set(e, ELOOP, "%s sends us on and on", r->host);
}

/* Switches between http and https, if that is allowed and the first was wrong. */
static bool other_scheme(struct registry *r, const struct http_response *res, bool failed)
{
	bool change = false;

	pthread_mutex_lock(&r->lock);
	if (!r->settled && r->switched)
		change = failed && res->no_tls; /* the first one was right after all */
	else if (!r->settled && r->plain && r->loopback)
		change = failed ? !res->status && !res->transient : res->status == 400;
	else if (!r->settled && !r->plain && r->insecure)
		change = failed;
	if (change) {
		r->plain = !r->plain;
		r->settled = r->switched;
		r->switched = true;
	} else if (!failed) {
		r->settled = true;
	}
	pthread_mutex_unlock(&r->lock);
	return change;
}

/* One attempt: authenticates again if the first request is refused. */
static int attempt(struct registry *r, const char *url, const struct http_request *req,
		   struct http_response *answer, struct err *e)
{
	cleanup_free char *used = current_authorization(r), *now = NULL;
	int res = follow(r, url, used, req, answer, e);

	/*
	 * Only the registry may say where its credentials go, never a server that it redirects to.
	 */
	if (res < 0 || answer->status != 401 || answer->elsewhere)
		return res;
	res = authenticate(r, url, used, answer, e);
	if (res < 0)
		return res;
	now = current_authorization(r);
	return follow(r, url, now, req, answer, e);
}

static bool is_transient(const struct http_response *res, bool failed)
{
	/* A body that had begun must continue from another offset, which is up to the caller. */
	if (failed)
		return res->transient && !res->begun;
	return res->status == 429 || res->status == 500 || res->status == 502 ||
	       res->status == 503 || res->status == 504;
}

bool registry_back_off(const struct http_response *res, int tries)
{
	unsigned long seconds = 0;
	unsigned int jitter = 0;
	long ms = BACKOFF_MS << tries;

	if (tries + 1 >= ATTEMPTS_MAX || http_interrupted())
		return false;
	if (getrandom(&jitter, sizeof(jitter), GRND_NONBLOCK) < 0)
		jitter = 0;
	if (res->retry_after && value_number(res->retry_after, 0, RETRY_AFTER_MAX_S, &seconds))
		ms = (long)seconds * 1000;
	http_sleep_ms(ms + (long)(jitter % (unsigned int)(ms / 2 + 1)));
	return true;
}

/* The result of one request: 0, or an error with the server's message. */
static int judge(struct registry *r, int res, const long *accepted, struct http_response *ret,
		 struct err *e)
{
	if (res < 0 && (res == -EINTR || http_interrupted()))
		return err_set(e, EINTR, "interrupted");
	if (res < 0)
		return err_add(e, "%s", r->host);
	return is_accepted(accepted, ret->status) ? 0 : refused(r, ret, e);
}

static int request(struct registry *r, const char *path, int attempts,
		   const struct http_request *req, const long *accepted,
		   struct http_response *answer, struct err *e)
{
	for (int tries = 0;; tries++) {
		cleanup_free char *url = url_of(r, path);
		int res = attempt(r, url, req, answer, e);

		if (http_interrupted())
			return judge(r, -EINTR, accepted, answer, e);
		if (other_scheme(r, answer, res < 0)) {
			tries--;
			continue;
		}
		/* A server that was silent for so long is not tried again. */
		if (tries + 1 < attempts && is_transient(answer, res < 0) && res != -ETIMEDOUT &&
		    !(res == -ECONNREFUSED && tries > 0) && registry_back_off(answer, tries))
			continue;
		return judge(r, res, accepted, answer, e);
	}
}

int registry_request(struct registry *r, const char *path, const struct http_request *req,
		     const long *accepted, struct http_response *answer, struct err *e)
{
	return request(r, path, ATTEMPTS_MAX, req, accepted, answer, e);
}

int registry_ask(struct registry *r, const char *path, const struct http_request *req,
		 const long *accepted, struct http_response *answer, struct err *e)
{
	return request(r, path, 2, req, accepted, answer, e);
}

int registry_request_url(struct registry *r, const char *url, const struct http_request *req,
			 const long *accepted, struct http_response *answer, struct err *e)
{
	int res = attempt(r, url, req, answer, e);

	answer->transient = is_transient(answer, res < 0);
	return judge(r, res, accepted, answer, e);
}
