/*
 * auth.c - Basic and Bearer (distribution's token specification, OAuth2 for identity tokens).
 *
 * Refuses a realm that is neither http nor https, and never sends credentials where they could be
 * read or to a server they are not for.
 */
#include "image/registry/auth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "image/document/json_read.h"
#include "image/registry/credentials.h"
#include "image/registry/http.h"

#define TOKEN_MAX_BYTES (1u << 20)

void auth_challenge_clear(struct auth_challenge *c)
{
	free(c->realm);
	free(c->service);
	free(c->scope);
	c->scheme = AUTH_NONE;
	c->realm = c->service = c->scope = NULL;
}

/* A quoted string or a token at *p, which moves behind it; NULL if there is neither. */
static char *take_value(const char **p)
{
	cleanup_buf struct buf b = BUF_INIT;
	const char *c = *p;

	if (*c != '"') {
		size_t n = strcspn(c, ", \t");

		*p += n;
		return xstrndup(c, n);
	}
	for (c++; *c && *c != '"'; c++) {
		if (*c == '\\' && c[1])
			c++;
		buf_addch(&b, *c);
	}
	if (*c != '"')
		return NULL;
	*p = c + 1;
	return buf_detach(&b);
}

/* The first one counts; a second could be meant to mislead. */
static void set_param(struct auth_challenge *c, const char *name, size_t len, char *value)
{
	char **field = len == 5 && strncasecmp(name, "realm", len) == 0	    ? &c->realm
		       : len == 7 && strncasecmp(name, "service", len) == 0 ? &c->service
		       : len == 5 && strncasecmp(name, "scope", len) == 0   ? &c->scope
									    : NULL;

	if (field && !*field)
		*field = value;
	else
		free(value);
}

static enum auth_scheme known_scheme(const char *name, size_t len)
{
	if (len == 6 && strncasecmp(name, "Bearer", len) == 0)
		return AUTH_BEARER;
	return len == 5 && strncasecmp(name, "Basic", len) == 0 ? AUTH_BASIC : AUTH_NONE;
}

void auth_prefer(struct auth_challenge *best, struct auth_challenge other)
{
	/* A token needs a realm to ask. */
	bool usable = other.scheme != AUTH_BEARER || other.realm;

	if (usable && other.scheme > best->scheme) {
		auth_challenge_clear(best);
		best->scheme = other.scheme;
		best->realm = other.realm;
		best->service = other.service;
		best->scope = other.scope;
	} else {
		auth_challenge_clear(&other);
	}
}

/*
 * RFC 7235, 4.1: a single word begins a challenge, "name=value" belongs to the last one, and commas
 * separate both. Returns where the next one begins.
 */
static const char *parse_one(const char *p, struct auth_challenge *ret)
{
	size_t n = strcspn(p, "=, \t");

	ret->scheme = known_scheme(p, n);
	for (p += n; *(p += strspn(p, " \t,"));) {
		const char *name = p;
		char *text;

		n = strcspn(p, "=, \t");
		if (p[n + strspn(p + n, " \t")] != '=')
			break;
		p += n;
		p += strspn(p, " \t") + 1;
		p += strspn(p, " \t");
		text = take_value(&p);
		if (!text)
			return p + strlen(p);
		set_param(ret, name, n, text);
	}
	return p;
}

void auth_parse(const char *value, struct auth_challenge *ret)
{
	*ret = (struct auth_challenge){0};
	for (const char *p = value; *(p += strspn(p, " \t,"));) {
		struct auth_challenge one = {0};

		p = parse_one(p, &one);
		auth_prefer(ret, one);
	}
}

static char *basic(const char *user, const char *password)
{
	cleanup_free char *pair = xasprintf("%s:%s", user, password);
	cleanup_free char *encoded = http_base64(pair);

	explicit_bzero(pair, strlen(pair));
	return xasprintf("Basic %s", encoded);
}

static int check_realm(const char *realm, const char *url, struct err *e)
{
	char quoted[300];

	err_quote(quoted, sizeof(quoted), realm);
	if (!http_is_tls(realm) && strncasecmp(realm, "http://", strlen("http://")) != 0)
		return err_set(e, EBADMSG,
			       "the registry sends us to '%s' for a token: that is not a URL",
			       quoted);
	if (http_is_tls(url) && !http_is_tls(realm))
		return err_set(e, EACCES,
			       "the registry sends us to '%s' for a token, where it could be read "
			       "on the way: refused",
			       quoted);
	return 0;
}

static char *token_url(const struct auth_request *req, const struct auth_challenge *c)
{
	struct buf b = BUF_INIT;
	const char *sep = strchr(c->realm, '?') ? "&" : "?";

	buf_addstr(&b, c->realm);
	if (c->service) {
		cleanup_free char *service = http_escape(c->service);

		buf_addf(&b, "%sservice=%s", sep, service);
		sep = "&";
	}
	for (size_t i = 0; i < req->scopes->n; i++) {
		cleanup_free char *scope = http_escape(req->scopes->v[i]);

		buf_addf(&b, "%sscope=%s", sep, scope);
		sep = "&";
	}
	return buf_detach(&b);
}

static int read_token(const struct http_response *res, char **ret, struct err *e)
{
	cleanup_json json_t *j = NULL;
	cleanup_free char *token = NULL;
	int r = json_read(res->body.data, res->body.len, "the token server's answer", &j, e);

	if (r == 0)
		r = json_get_text(j, "token", &token, e);
	if (r == 0 && !token)
		r = json_get_text(j, "access_token", &token, e);
	if (r < 0)
		return r;
	/* It becomes part of a header. */
	if (!token || strpbrk(token, "\r\n"))
		return err_set(e, EBADMSG, "the token server's answer holds no token");
	*ret = xasprintf("Bearer %s", token);
	return 0;
}

static int exchange_token(const struct http_request *req, char **ret, struct err *e)
{
	cleanup_http_response struct http_response res = HTTP_RESPONSE_INIT;
	int r = http_exchange(req, &res, e);

	if (r < 0)
		return err_add(e, "cannot get a token");
	if (res.status == 401 || res.status == 403)
		return err_set(e, EACCES, "the token server refuses the user name or password");
	if (res.status != 200)
		return err_set(e, EIO, "the token server answers with status %ld", res.status);
	return read_token(&res, ret, e);
}

/* Exchanges an identity token by POST (distribution, token/oauth). */
static int oauth(const struct auth_request *req, const struct auth_challenge *c,
		 const struct credentials *cred, char **ret, struct err *e)
{
	cleanup_free char *refresh = http_escape(cred->identity_token);
	cleanup_free char *service = http_escape(c->service ? c->service : "");
	cleanup_free char *scope = http_escape(req->scopes->n ? req->scopes->v[0] : "");
	cleanup_free char *body = xasprintf("grant_type=refresh_token&client_id=sandbox&service=%s"
					    "&scope=%s&refresh_token=%s",
					    service, scope, refresh);
	cleanup_strv struct strv headers = {0};
	struct http_request http = {.method = "POST",
				    .url = c->realm,
				    .headers = &headers,
				    .verify = req->verify,
				    .body = body,
				    .body_fd = -1,
				    .body_size = strlen(body),
				    .max_body = TOKEN_MAX_BYTES};

	strv_push(&headers, "Content-Type: application/x-www-form-urlencoded");
	return exchange_token(&http, ret, e);
}

static int bearer(const struct auth_request *req, const struct auth_challenge *c,
		  const struct credentials *cred, bool have, char **ret, struct err *e)
{
	cleanup_free char *url = token_url(req, c), *header = NULL;
	struct http_request http = {.method = "GET",
				    .url = url,
				    .verify = req->verify,
				    .body_fd = -1,
				    .max_body = TOKEN_MAX_BYTES};
	int r = check_realm(c->realm, req->url, e);

	if (r < 0)
		return r;
	/* Somebody on a plain connection could name any realm: accept only the registry itself. */
	if (have && !(http_is_tls(c->realm) && http_is_tls(req->url)) &&
	    !http_same_origin(c->realm, req->url))
		return err_set(e, EACCES,
			       "the registry sends us to another host for a token, without "
			       "encryption: the password is not sent there");
	if (have && cred->identity_token)
		r = oauth(req, c, cred, ret, e);
	else if (have)
		header = basic(cred->user, cred->password);
	http.authorization = header;
	if (!have || header)
		r = exchange_token(&http, ret, e);
	/* An outdated login must not prevent what anonymous users may have. */
	if (r == -EACCES && have && !req->user) {
		log_note("the login that is kept for %s is refused: going on without it",
			 req->host);
		http.authorization = NULL;
		r = exchange_token(&http, ret, e);
	}
	return r;
}

static bool find_credentials(const struct auth_request *req, struct credentials *ret)
{
	if (!req->user)
		return credentials_find(req->host, req->path, ret);
	*ret = (struct credentials){.user = xstrdup(req->user), .password = xstrdup(req->password)};
	return true;
}

int auth_answer(const struct auth_request *req, const struct auth_challenge *c, char **ret_header,
		struct err *e)
{
	cleanup_credentials struct credentials cred = {0};
	bool have = find_credentials(req, &cred);

	if (c->scheme == AUTH_BEARER)
		return bearer(req, c, &cred, have, ret_header, e);
	if (!have || !cred.user)
		return err_set(e, EACCES, "it wants a user name: 'sandbox login %s'", req->host);
	*ret_header = basic(cred.user, cred.password);
	return 0;
}
