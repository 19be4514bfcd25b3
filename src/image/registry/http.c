/*
 * http.c - see http.h.
 */
#include "image/registry/http.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "image/registry/certs.h"
#include "image/registry/libcurl.h"

#define CONNECT_SECONDS 30
#define SLOW_BYTES	1024 /* a second, over stall_seconds: a stall */
#define HEADERS_MAX	(256u << 10)
#define BUFFER_BYTES	(512l << 10)
#define SMALL_BODY	65536 /* of answers like errors and "OK" */
#define BUNDLE_MAX	(8u << 20)
#define USER_AGENT	"sandbox"

static volatile atomic_bool interrupted;

static long stall_seconds = 60;

void http_set_stall_seconds(long seconds)
{
	stall_seconds = seconds;
}

void http_interrupt(void)
{
	interrupted = true;
}

bool http_interrupted(void)
{
	return interrupted;
}

void http_sleep_ms(long ms)
{
	for (; ms > 0 && !interrupted; ms -= 50)
		nanosleep(&(struct timespec){.tv_nsec = 50 * 1000000}, NULL);
}

/* A thread's handle is freed with the thread. */
static pthread_key_t handle_key;
static pthread_once_t prepared = PTHREAD_ONCE_INIT;

static void free_handle(void *handle)
{
	lc.curl_easy_cleanup(handle);
}

static void prepare_curl(void)
{
	lc.curl_global_init(CURL_GLOBAL_DEFAULT);
	pthread_key_create(&handle_key, free_handle);
}

static CURL *thread_handle(void)
{
	CURL *c;

	pthread_once(&prepared, prepare_curl);
	c = pthread_getspecific(handle_key);
	if (!c) {
		c = lc.curl_easy_init();
		pthread_setspecific(handle_key, c);
	}
	return c;
}

void http_response_clear(struct http_response *r)
{
	free(r->content_type);
	free(r->location);
	free(r->digest);
	free(r->content_range);
	free(r->retry_after);
	free(r->last_modified);
	free(r->url);
	strv_clear(&r->challenges);
	buf_free(&r->body);
	*r = (struct http_response)HTTP_RESPONSE_INIT;
}

/* State of one exchange. */
struct exchange {
	const struct http_request *req;
	struct http_response *res;
	CURL *curl;
	struct err *err;
	int failed; /* negative code of a callback */
	bool begun;
	size_t header_bytes;
	uint64_t sent;
};

static void keep_header(const char *line, const char *name, char **ret)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) == 0 && line[n] == ':') {
		free(*ret);
		*ret = xstrdup(line + n + 1 + strspn(line + n + 1, " \t"));
	}
}

static size_t on_header(char *data, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;
	cleanup_free char *line = xstrndup(data, size * n);
	char *challenge = NULL;

	x->header_bytes += size * n;
	if (x->header_bytes > HEADERS_MAX) {
		x->failed = err_set(x->err, EBADMSG, "the server sends too many headers");
		return 0;
	}
	line[strcspn(line, "\r\n")] = '\0';
	keep_header(line, "Content-Type", &x->res->content_type);
	keep_header(line, "Location", &x->res->location);
	keep_header(line, "Docker-Content-Digest", &x->res->digest);
	keep_header(line, "Content-Range", &x->res->content_range);
	keep_header(line, "Retry-After", &x->res->retry_after);
	keep_header(line, "Last-Modified", &x->res->last_modified);
	keep_header(line, "WWW-Authenticate", &challenge);
	if (challenge)
		strv_push_take(&x->res->challenges, challenge);
	return size * n;
}

static int take_body(struct exchange *x, const char *data, size_t len)
{
	const struct http_request *req = x->req;
	long status = 0;
	int r = 0;

	lc.curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
	if (!req->data || (status != 200 && status != 206)) {
		size_t max = status >= 300 || req->max_body < SMALL_BODY ? SMALL_BODY
									 : req->max_body;

		if (len > max - x->res->body.len)
			return err_set(x->err, EFBIG,
				       "the server's answer is larger than %zu bytes", max);
		buf_add(&x->res->body, data, len);
		return 0;
	}
	if (!x->begun)
		r = req->begin(req->ctx, status, x->res->content_range, x->err);
	x->begun = x->res->begun = true;
	return r < 0 ? r : req->data(req->ctx, data, len, x->err);
}

static size_t on_data(char *data, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;

	x->failed = take_body(x, data, size * n);
	return x->failed < 0 ? 0 : size * n;
}

static size_t on_send(char *buffer, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;
	const struct http_request *req = x->req;
	size_t want = size * n;
	ssize_t got;

	if (want > req->body_size - x->sent)
		want = (size_t)(req->body_size - x->sent);
	if (req->body) {
		memcpy(buffer, (const char *)req->body + x->sent, want);
		got = (ssize_t)want;
	} else {
		got = pread(req->body_fd, buffer, want, (off_t)x->sent);
	}
	if (got < 0 || (want && got == 0)) {
		x->failed = err_set(x->err, EIO, "cannot read what is to be sent");
		return CURL_READFUNC_ABORT;
	}
	x->sent += (uint64_t)got;
	if (req->sent)
		req->sent(req->ctx, x->sent);
	return (size_t)got;
}

/* libcurl rewinds what it sends if a connection was closed meanwhile. */
static int on_seek(void *ctx, curl_off_t offset, int origin)
{
	struct exchange *x = ctx;

	if (origin != SEEK_SET)
		return CURL_SEEKFUNC_FAIL;
	x->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static int on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)ctx, (void)a, (void)b, (void)c, (void)d;
	return interrupted;
}

static curl_socket_t on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *addr)
{
	struct exchange *x = ctx;

	(void)purpose;
	if (!x->req->may_connect(&addr->addr)) {
		x->failed = err_set(x->err, EACCES,
				    "its address is this machine's, or one that is never reached");
		return CURL_SOCKET_BAD;
	}
	return socket(addr->family, addr->socktype | SOCK_CLOEXEC, addr->protocol);
}

/* Those of the registry, in addition to the system's. */
static int trust(CURL *c, const char *file, struct certs *certs, struct err *e)
{
	struct curl_blob blob;
	int r = 0;

	if (!certs->authorities.len)
		return 0;
	if (!file && lc.curl_easy_getinfo(c, CURLINFO_CAINFO, (char **)&file) != CURLE_OK)
		file = NULL;
	if (file)
		r = file_read(AT_FDCWD, file, BUNDLE_MAX, &certs->authorities, e);
	blob = (struct curl_blob){.data = certs->authorities.data,
				  .len = certs->authorities.len,
				  .flags = CURL_BLOB_COPY};
	lc.curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &blob);
	return r;
}

/* The curl tool reads these variables; the library does not. */
static int set_certificates(CURL *c, const struct http_request *req, struct err *e)
{
	cleanup_certs struct certs certs = CERTS_INIT;
	const char *file = getenv("CURL_CA_BUNDLE"), *dir = getenv("SSL_CERT_DIR");
	int r = certs_find(req->url, &certs, e);

	if (!file || !*file)
		file = getenv("SSL_CERT_FILE");
	if (file && !*file)
		file = NULL;
	if (file)
		lc.curl_easy_setopt(c, CURLOPT_CAINFO, file);
	if (dir && *dir)
		lc.curl_easy_setopt(c, CURLOPT_CAPATH, dir);
	lc.curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, req->verify ? 1l : 0l);
	lc.curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, req->verify ? 2l : 0l);
	if (r == 0)
		r = trust(c, file, &certs, e);
	if (r == 0 && certs.cert) {
		lc.curl_easy_setopt(c, CURLOPT_SSLCERT, certs.cert);
		lc.curl_easy_setopt(c, CURLOPT_SSLKEY, certs.key);
	}
	return r;
}

static void set_method(struct exchange *x)
{
	const struct http_request *req = x->req;
	CURL *c = x->curl;

	if (streq(req->method, "HEAD")) {
		lc.curl_easy_setopt(c, CURLOPT_NOBODY, 1l);
		return;
	}
	if (!req->body && req->body_fd < 0) {
		if (streq(req->method, "POST")) {
			lc.curl_easy_setopt(c, CURLOPT_POST, 1l);
			lc.curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, 0l);
			lc.curl_easy_setopt(c, CURLOPT_POSTFIELDS, "");
		} else {
			lc.curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, req->method);
		}
		return;
	}
	lc.curl_easy_setopt(c, CURLOPT_UPLOAD, 1l);
	lc.curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, req->method);
	lc.curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)req->body_size);
	lc.curl_easy_setopt(c, CURLOPT_READFUNCTION, on_send);
	lc.curl_easy_setopt(c, CURLOPT_READDATA, x);
	lc.curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, on_seek);
	lc.curl_easy_setopt(c, CURLOPT_SEEKDATA, x);
}

static int set_options(struct exchange *x, struct curl_slist *headers, struct err *e)
{
	CURL *c = x->curl;

	lc.curl_easy_reset(c);
	lc.curl_easy_setopt(c, CURLOPT_URL, x->req->url);
	lc.curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	lc.curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1l);
	lc.curl_easy_setopt(c, CURLOPT_USERAGENT, USER_AGENT);
	lc.curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	lc.curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
			    stall_seconds < CONNECT_SECONDS ? stall_seconds
							    : (long)CONNECT_SECONDS);
	lc.curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
	lc.curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, stall_seconds);
	lc.curl_easy_setopt(c, CURLOPT_BUFFERSIZE, BUFFER_BYTES);
	lc.curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, BUFFER_BYTES);
	lc.curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	lc.curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
	lc.curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
	lc.curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
	lc.curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0l);
	lc.curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	if (x->req->may_connect) {
		/* A connection to somewhere else may be open. */
		lc.curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1l);
		lc.curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
		lc.curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, x);
	}
	set_method(x);
	return http_is_tls(x->req->url) ? set_certificates(c, x->req, e) : 0;
}

static struct curl_slist *make_headers(const struct http_request *req)
{
	struct curl_slist *list = NULL;

	for (size_t i = 0; req->headers && i < req->headers->n; i++)
		list = lc.curl_slist_append(list, req->headers->v[i]);
	if (req->authorization) {
		cleanup_free char *line = xasprintf("Authorization: %s", req->authorization);

		list = lc.curl_slist_append(list, line);
	}
	/* Do not wait for "100 Continue". */
	return lc.curl_slist_append(list, "Expect:");
}

static bool may_pass(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return true;
	default:
		return false;
	}
}

static int explain(const struct exchange *x, CURLcode code, const char *detail, struct err *e)
{
	const char *text = *detail ? detail : lc.curl_easy_strerror(code);

	if (x->failed < 0)
		return x->failed;
	if (interrupted)
		return err_set(e, EINTR, "interrupted");
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return err_set(e, EACCES,
			       "%s: its certificate cannot be trusted: put its authority's into "
			       "~/.config/containers/certs.d/HOST:PORT/ca.crt, name it in "
			       "SSL_CERT_FILE, or set 'insecure = yes' in sandbox.conf",
			       text);
	case CURLE_COULDNT_CONNECT:
		return err_set(e, ECONNREFUSED, "%s", text);
	case CURLE_COULDNT_RESOLVE_HOST:
		return err_set(e, EHOSTUNREACH, "%s", text);
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(e, ETIMEDOUT, "%s", text);
	default:
		return err_set(e, EIO, "%s", text);
	}
}

int http_exchange(const struct http_request *req, struct http_response *res, struct err *e)
{
	struct exchange x = {.req = req, .res = res, .err = e};
	struct curl_slist *headers;
	char detail[CURL_ERROR_SIZE] = "";
	CURLcode code;
	int r = libcurl_load(e);

	http_response_clear(res);
	res->url = xstrdup(req->url);
	if (r < 0)
		return r;
	headers = make_headers(req);
	x.curl = thread_handle();
	if (!x.curl) {
		lc.curl_slist_free_all(headers);
		return err_set(e, ENOMEM, "cannot prepare libcurl");
	}
	x.failed = set_options(&x, headers, e);
	if (x.failed < 0) {
		lc.curl_slist_free_all(headers);
		return x.failed;
	}
	lc.curl_easy_setopt(x.curl, CURLOPT_ERRORBUFFER, detail);
	code = lc.curl_easy_perform(x.curl);
	lc.curl_easy_getinfo(x.curl, CURLINFO_RESPONSE_CODE, &res->status);
	lc.curl_easy_setopt(x.curl, CURLOPT_ERRORBUFFER, NULL);
	lc.curl_slist_free_all(headers);
	/* An answer without bytes has begun too. */
	if (code == CURLE_OK && req->data && !x.begun && (res->status == 200 || res->status == 206))
		x.failed = req->begin(req->ctx, res->status, res->content_range, e);
	if (code == CURLE_OK && x.failed == 0)
		return 0;
	res->transient = x.failed == 0 && !interrupted && may_pass(code);
	res->no_tls = code == CURLE_SSL_CONNECT_ERROR;
	return explain(&x, code, detail, e);
}
