/*
 * registry_push.c - pushing by the distribution protocol: one POST and one PUT a blob.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/registry/registry.h"
#include "image/registry/registry_request.h"

/* Doing without an answer only costs an upload. */
static int without(int n, struct err *e)
{
	return n == -EINTR ? err_set(e, EINTR, "interrupted") : 0;
}

int registry_has_blob(struct registry *r, const struct digest *d, bool *ret, struct err *e)
{
	static const long accepted[] = {200, 404, 0};
	cleanup_http_response struct http_response res = HTTP_RESPONSE_INIT;
	cleanup_free char *path = xasprintf("/v2/%s/blobs/%s", r->path, digest_text(d).s);
	struct http_request req = {.method = "HEAD", .body_fd = -1};
	int n = registry_ask(r, path, &req, accepted, &res, e), error = without(n, e);

	if (error == 0)
		*ret = n == 0 && res.status == 200;
	return error;
}

/* An upload that turns out not to be needed. */
static void cancel_upload(struct registry *r, const char *url)
{
	static const long accepted[] = {200, 202, 204, 404, 405, 0};
	cleanup_http_response struct http_response res = HTTP_RESPONSE_INIT;
	struct http_request req = {.method = "DELETE", .body_fd = -1};
	struct err ignored;

	registry_request_url(r, url, &req, accepted, &res, &ignored);
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
	bool mounted;
	int n;

	if (r->no_mounts) {
		*ret = false;
		return 0;
	}
	registry_add_scope(r, scope);
	n = registry_ask(r, path, &req, accepted, &res, e);
	mounted = n == 0 && res.status == 201;
	/*
	 * Without read access there may be no token for it at all; and a server that refuses once
	 * would refuse for each layer.
	 */
	if (n < 0) {
		registry_drop_scope(r, scope);
		r->no_mounts = true;
	}
	url = n == 0 && !mounted ? registry_location(&res) : NULL;
	if (url)
		cancel_upload(r, url);
	n = without(n, e);
	if (n == 0)
		*ret = mounted;
	return n;
}

static int begin_upload(struct registry *r, char **ret_url, struct err *e)
{
	static const long accepted[] = {202, 0};
	cleanup_http_response struct http_response res = HTTP_RESPONSE_INIT;
	cleanup_free char *path = xasprintf("/v2/%s/blobs/uploads/", r->path);
	struct http_request req = {.method = "POST", .body_fd = -1};
	int n = registry_request(r, path, &req, accepted, &res, e);
	char *url;

	if (n < 0)
		return n;
	url = registry_location(&res);
	if (!url)
		return err_set(e, EBADMSG, "%s does not say where to upload to", r->host);
	*ret_url = url;
	return 0;
}

/* One upload, from its beginning. *ret_again: another attempt may succeed. */
static int put_blob(struct registry *r, const struct digest *d, const struct http_request *req,
		    struct http_response *res, bool *again, struct err *e)
{
	static const long accepted[] = {200, 201, 204, 0};
	cleanup_free char *base = NULL, *url = NULL;
	int n = begin_upload(r, &base, e);

	*again = false;
	if (n < 0)
		return n;
	url = xasprintf("%s%sdigest=%s", base, strchr(base, '?') ? "&" : "?", digest_text(d).s);
	n = registry_request_url(r, url, req, accepted, res, e);
	/* If the server has lost the upload (BLOB_UPLOAD_UNKNOWN), start over as well. */
	*again = res->transient || res->status == 404 || res->status == 416;
	return n;
}

int registry_put_blob(struct registry *r, const struct digest *d, int fd, uint64_t size,
		      void (*progress)(void *ctx, uint64_t done), void *ctx, struct err *e)
{
	cleanup_http_response struct http_response res = HTTP_RESPONSE_INIT;
	cleanup_strv struct strv headers = {0};
	struct http_request req = {.method = "PUT",
				   .headers = &headers,
				   .body_fd = fd,
				   .body = size ? NULL : "",
				   .body_size = size,
				   .sent = progress,
				   .ctx = ctx};
	bool again;
	int n;

	strv_push(&headers, "Content-Type: application/octet-stream");
	for (int tries = 0;; tries++) {
		n = put_blob(r, d, &req, &res, &again, e);
		if (n == 0 || n == -EINTR || !again || !registry_back_off(&res, tries))
			return n;
	}
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
