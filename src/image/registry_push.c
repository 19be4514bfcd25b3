/*
 * registry_push.c - pushing by the distribution protocol: one POST and one PUT a blob.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/registry.h"
#include "image/registry_request.h"

int registry_has_blob(struct registry *r, const struct digest *d, bool *ret, struct err *e)
{
	static const long accepted[] = {200, 404, 0};
	cleanup_http_response struct http_response res = HTTP_RESPONSE_INIT;
	cleanup_free char *path = xasprintf("/v2/%s/blobs/%s", r->path, digest_text(d).s);
	struct http_request req = {.method = "HEAD", .body_fd = -1};
	int n = registry_request(r, path, &req, accepted, &res, e);

	if (n == 0)
		*ret = res.status == 200;
	return n;
}

/* An upload that is not needed after all. */
static void cancel_upload(struct registry *r, const char *url)
{
	static const long accepted[] = {200, 202, 204, 404, 405, 0};
	cleanup_http_response struct http_response res = HTTP_RESPONSE_INIT;
	struct http_request req = {.method = "DELETE", .body_fd = -1};
	struct err ignored;

	registry_request_url(r, url, &req, accepted, &res, &ignored);
}

/* Where an upload goes on: on the registry itself, or nowhere. */
static char *upload_url(struct registry *r, const char *path, const struct http_response *res)
{
	cleanup_free char *base = registry_url(r, path);
	char *url = res->location ? http_resolve_url(base, res->location) : NULL;

	if (url && !http_same_origin(url, base))
		free(take_ptr(url));
	return url;
}

int registry_mount_blob(struct registry *r, const struct digest *d, const char *from_path,
			bool *ret, struct err *e)
{
	static const long accepted[] = {201, 202, 0};
	cleanup_http_response struct http_response res = HTTP_RESPONSE_INIT;
	cleanup_free char *scope = xasprintf("repository:%s:pull", from_path);
	cleanup_free char *path = xasprintf("/v2/%s/blobs/uploads/?mount=%s&from=%s", r->path,
					    digest_text(d).s, from_path);
	cleanup_free char *url = NULL;
	struct http_request req = {.method = "POST", .body_fd = -1};
	int n;

	registry_add_scope(r, scope);
	n = registry_request(r, path, &req, accepted, &res, e);
	if (n < 0)
		return n;
	*ret = res.status == 201;
	url = *ret ? NULL : upload_url(r, path, &res);
	if (url)
		cancel_upload(r, url);
	return 0;
}

static int begin_upload(struct registry *r, char **ret_url, struct err *e)
{
	static const long accepted[] = {202, 0};
	cleanup_http_response struct http_response res = HTTP_RESPONSE_INIT;
	cleanup_free char *path = xasprintf("/v2/%s/blobs/uploads/", r->path);
	struct http_request req = {.method = "POST", .body_fd = -1};
	int n = registry_request(r, path, &req, accepted, &res, e);

	if (n < 0)
		return n;
	*ret_url = upload_url(r, path, &res);
	return *ret_url ? 0
			: err_set(e, EBADMSG, "%s says nowhere of its own to upload to", r->host);
}

int registry_put_blob(struct registry *r, const struct digest *d, int fd, uint64_t size,
		      void (*progress)(void *ctx, uint64_t done), void *ctx, struct err *e)
{
	static const long accepted[] = {201, 204, 0};
	cleanup_http_response struct http_response res = HTTP_RESPONSE_INIT;
	cleanup_free char *base = NULL, *url = NULL;
	cleanup_strv struct strv headers = {0};
	struct http_request req = {.method = "PUT",
				   .headers = &headers,
				   .body_fd = fd,
				   .body = size ? NULL : "",
				   .body_size = size,
				   .sent = progress,
				   .ctx = ctx};
	int n = begin_upload(r, &base, e);

	if (n < 0)
		return n;
	strv_push(&headers, "Content-Type: application/octet-stream");
	url = xasprintf("%s%sdigest=%s", base, strchr(base, '?') ? "&" : "?", digest_text(d).s);
	return registry_request_url(r, url, &req, accepted, &res, e);
}

int registry_put_manifest(struct registry *r, const char *tag_or_digest, const char *media_type,
			  const void *body, size_t len, struct err *e)
{
	static const long accepted[] = {200, 201, 0};
	cleanup_http_response struct http_response res = HTTP_RESPONSE_INIT;
	cleanup_free char *path = xasprintf("/v2/%s/manifests/%s", r->path, tag_or_digest);
	cleanup_strv struct strv headers = {0};
	struct http_request req = {.method = "PUT",
				   .headers = &headers,
				   .body = body,
				   .body_fd = -1,
				   .body_size = len};

	strv_push_take(&headers, xasprintf("Content-Type: %s", media_type));
	return registry_request(r, path, &req, accepted, &res, e);
}
