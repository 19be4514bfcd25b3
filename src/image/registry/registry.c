/*
 * registry.c - pulling by the distribution protocol: what a tag means, documents, blobs.
 */
#include "image/registry/registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/document/manifest.h"
#include "image/name/hash.h"
#include "image/name/registry_name.h"
#include "image/registry/registry_request.h"

#define DOCKER_HUB	"docker.io"
#define DOCKER_HUB_HOST "registry-1.docker.io"
#define BLOB_ATTEMPTS	5 /* consecutive ones without a byte */

static const long ok_only[] = {200, 0};

int registry_open(const struct image_conf *conf, const struct reference *ref, const char *endpoint,
		  enum registry_access access, struct registry **ret, struct err *e)
{
	struct registry *r = xcalloc(1, sizeof(*r));
	cleanup_free char *scope = xasprintf("repository:%s:%s", ref->path,
					     access == REGISTRY_PUSH ? "pull,push" : "pull");
	const struct registry_conf *row;
	const char *slash = endpoint ? strchr(endpoint, '/') : NULL;

	(void)e;
	r->host = !endpoint ? xstrdup(ref->registry)
			    : xstrndup(endpoint,
				       slash ? (size_t)(slash - endpoint) : strlen(endpoint));
	r->authority = xstrdup(streq(r->host, DOCKER_HUB) ? DOCKER_HUB_HOST : r->host);
	r->path = slash && slash[1] ? xasprintf("%s/%s", slash + 1, ref->path) : xstrdup(ref->path);
	r->access = access;
	row = image_conf_registry(conf, r->host);
	r->insecure = row && row->insecure;
	r->loopback = image_conf_is_loopback(r->host);
	r->plain = r->loopback;
	pthread_mutex_init(&r->lock, NULL);
	strv_push(&r->scopes, scope);
	*ret = r;
	return 0;
}

void registry_close(struct registry *r)
{
	if (!r)
		return;
	free(r->host);
	free(r->authority);
	free(r->path);
	if (r->authorization)
		explicit_bzero(r->authorization, strlen(r->authorization));
	free(r->authorization);
	strv_clear(&r->scopes);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void registry_interrupt(void)
{
	http_interrupt();
}

bool registry_interrupted(void)
{
	return http_interrupted();
}

static void accept_documents(struct strv *headers)
{
	strv_push(headers, "Accept: " MEDIA_OCI_INDEX ", " MEDIA_OCI_MANIFEST ", " MEDIA_DOCKER_LIST
			   ", " MEDIA_DOCKER_MANIFEST);
}

int registry_digest(struct registry *r, const char *tag, struct digest *ret, struct err *e)
{
	cleanup_http_response struct http_response res = HTTP_RESPONSE_INIT;
	cleanup_free char *path = xasprintf("/v2/%s/manifests/%s", r->path, tag);
	cleanup_strv struct strv headers = {0};
	struct http_request req = {.method = "HEAD", .headers = &headers, .body_fd = -1};
	int n;

	accept_documents(&headers);
	n = registry_ask(r, path, &req, ok_only, &res, e);
	if (n < 0)
		return n;
	if (!res.digest)
		return err_set(e, ENOTSUP, "%s does not say what '%s' means", r->host, tag);
	return digest_parse(res.digest, ret, e);
}

static char *without_parameters(const char *type)
{
	return type ? xstrndup(type, strcspn(type, "; \t")) : NULL;
}

int registry_manifest(struct registry *r, const char *tag_or_digest, struct buf *ret_body,
		      char **ret_type, struct digest *ret_digest, struct err *e)
{
	cleanup_http_response struct http_response res = HTTP_RESPONSE_INIT;
	cleanup_free char *path = xasprintf("/v2/%s/manifests/%s", r->path, tag_or_digest);
	cleanup_strv struct strv headers = {0};
	struct http_request req = {.method = "GET",
				   .headers = &headers,
				   .body_fd = -1,
				   .max_body = MANIFEST_MAX_BYTES};
	struct digest digest;
	int n;

	accept_documents(&headers);
	n = registry_request(r, path, &req, ok_only, &res, e);
	if (n < 0)
		return n;
	hash_bytes(res.body.data, res.body.len, &digest);
	if (starts_with(tag_or_digest, "sha256:") && !streq(digest_text(&digest).s, tag_or_digest))
		return err_set(e, EBADMSG,
			       "%s gave a manifest with the digest %s, asked for %s: it is corrupt "
			       "or lies",
			       r->host, digest_text(&digest).s, tag_or_digest);
	buf_add(ret_body, res.body.data, res.body.len);
	free(*ret_type);
	*ret_type = without_parameters(res.content_type);
	*ret_digest = digest;
	return 0;
}

/* A blob being fetched; it continues after a break where it stopped. */
struct fetching {
	const struct blob_sink *sink;
	struct registry *registry;
	uint64_t at, size; /* bytes that the sink has; of the whole */
	int restarts;	   /* after the server could not resume, everything is requested */
};

static int begin_anew(struct fetching *f, struct err *e)
{
	if (!f->at)
		return 0;
	if (!f->sink->restart || f->restarts == BLOB_ATTEMPTS)
		return err_set(e, ENOTSUP, "%s cannot go on with a download", f->registry->host);
	f->at = 0;
	f->restarts++;
	return f->sink->restart(f->sink->ctx, e);
}

/* Before the first byte of an answer: does it begin where we asked, or at the beginning? */
static int begin_blob(void *ctx, long status, const char *content_range, struct err *e)
{
	struct fetching *f = ctx;
	unsigned long long start = 0;

	if (status == 206 && (!content_range || sscanf(content_range, "bytes %llu-", &start) != 1 ||
			      (start && start != f->at)))
		return err_set(e, EBADMSG, "%s sends another part than the one asked for",
			       f->registry->host);
	return start ? 0 : begin_anew(f, e);
}

static int take_blob(void *ctx, const void *data, size_t len, struct err *e)
{
	struct fetching *f = ctx;

	if (len > f->size - f->at)
		return err_set(e, EBADMSG, "%s sends more than the %llu bytes the blob has",
			       f->registry->host, (unsigned long long)f->size);
	f->at += len;
	return f->sink->data(f->sink->ctx, data, len, e);
}

static int fetch_part(struct fetching *f, const char *path, struct err *e)
{
	static const long accepted[] = {200, 206, 0};
	cleanup_http_response struct http_response res = HTTP_RESPONSE_INIT;
	cleanup_strv struct strv headers = {0};
	bool ranged = f->at && !f->restarts;
	struct http_request req = {.method = "GET",
				   .headers = &headers,
				   .body_fd = -1,
				   .begin = begin_blob,
				   .data = take_blob,
				   .ctx = f};
	int n;

	if (ranged)
		strv_push_take(&headers,
			       xasprintf("Range: bytes=%llu-", (unsigned long long)f->at));
	n = registry_request(f->registry, path, &req, accepted, &res, e);
	/* A server that refuses a part (416, 400, 403 of a signed URL) may send the whole. */
	if (n < 0 && n != -EINTR && ranged && (res.status >= 400 || n == -EBADMSG)) {
		n = begin_anew(f, e);
		return n < 0 ? n : fetch_part(f, path, e);
	}
	return n;
}

int registry_blob(struct registry *r, const struct digest *d, uint64_t offset, uint64_t size,
		  const struct blob_sink *sink, struct err *e)
{
	cleanup_free char *path = xasprintf("/v2/%s/blobs/%s", r->path, digest_text(d).s);
	struct fetching f = {.sink = sink, .registry = r, .at = offset, .size = size};
	int idle = 0, n = 0;

	while (f.at < size && idle < BLOB_ATTEMPTS) {
		uint64_t before = f.at;

		n = fetch_part(&f, path, e);
		if (n < 0 && n != -EIO && n != -ETIMEDOUT)
			return n;
		/* A complete answer that is too short counts as broken too. */
		idle = f.at > before ? 0 : idle + 1;
		if (n < 0 && idle)
			return n;
	}
	if (f.at < size)
		return err_set(e, EBADMSG, "%s gives %llu bytes of a blob of %llu", r->host,
			       (unsigned long long)f.at, (unsigned long long)size);
	return 0;
}

int registry_check_login(const struct image_conf *conf, const char *host, const char *user,
			 const char *password, struct err *e)
{
	cleanup_http_response struct http_response res = HTTP_RESPONSE_INIT;
	cleanup_registry_name struct registry_name name;
	struct reference ref = {.path = (char *)""};
	struct http_request req = {.method = "GET", .body_fd = -1, .max_body = MANIFEST_MAX_BYTES};
	struct registry *r;
	int n;

	registry_name_parse(host, &name);
	ref.registry = name.host;
	n = registry_open(conf, &ref, NULL, REGISTRY_PULL, &r, e);
	if (n < 0)
		return n;
	strv_clear(&r->scopes);
	r->user = user;
	r->password = password;
	n = registry_request(r, "/v2/", &req, ok_only, &res, e);
	registry_close(r);
	return n;
}
