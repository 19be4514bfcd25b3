/*
 * copy_remote.c - downloads by HTTP, with redirects.
 *
 * A Dockerfile of somebody else may name any URL: it reaches what a box reaches by default, without
 * credentials of the user's, and never by another protocol.
 */
#include "build/copy_remote.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "image/name/hash.h"
#include "image/registry/http.h"
#include "image/registry/http_outside.h"

#define REDIRECTS_MAX 10
#define ATTEMPTS      3
#define PAUSE_MS      1000

void copy_remote_clear(struct copy_remote *r)
{
	close_fd(&r->fd);
	free(take_ptr(r->name));
}

struct download {
	int fd;
	uint64_t len, max;
	struct hash *hash;
};

static int begin(void *ctx, long status, const char *content_range, struct err *e)
{
	struct download *d = ctx;

	(void)content_range;
	hash_free(d->hash);
	d->hash = hash_new();
	d->len = 0;
	if (status != 200 || ftruncate(d->fd, 0) < 0 || lseek(d->fd, 0, SEEK_SET) < 0)
		return err_set(e, EIO, "the server sends only a part");
	return 0;
}

static int take(void *ctx, const void *data, size_t len, struct err *e)
{
	struct download *d = ctx;
	int r;

	d->len += len;
	if (d->max && d->len > d->max)
		return err_set(
			e, EFBIG,
			"it has more than %llu bytes: raise [images] max-size in sandbox.conf "
			"if that is meant",
			(unsigned long long)d->max);
	hash_update(d->hash, data, len);
	r = write_all(d->fd, data, len);
	return r < 0 ? err_sys(e, -r, "cannot write it") : 0;
}

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* One request, and those that its answers lead to. */
static int follow(const char *first, struct download *d, struct http_response *res, struct err *e)
{
	cleanup_free char *url = xstrdup(first);

	for (int i = 0; i <= REDIRECTS_MAX; i++) {
		const struct http_request req = {
			.method = "GET",
			.url = url,
			.verify = true,
			.may_connect = http_outside_by_proxy() ? NULL : http_outside,
			.body_fd = -1,
			.begin = begin,
			.data = take,
			.ctx = d,
		};
		char *next;
		int r = http_exchange(&req, res, e);

		if (r < 0 || !is_redirect(res->status) || !res->location)
			return r;
		next = http_resolve_url(url, res->location);
		if (!next ||
		    !(http_is_tls(next) || (!http_is_tls(url) && starts_with(next, "http://")))) {
			free(next);
			return err_set(e, EACCES, "it sends us to '%s': refused", res->location);
		}
		free(url);
		url = next;
	}
	return err_set(e, ELOOP, "it sends us on and on");
}

static int fetch(const char *url, struct download *d, struct http_response *res, struct err *e)
{
	int r = 0;

	for (int i = 0; i < ATTEMPTS; i++) {
		if (i > 0)
			http_sleep_ms(PAUSE_MS);
		r = follow(url, d, res, e);
		if ((r == 0 && res->status < 500) || (r < 0 && !res->transient))
			break;
	}
	if (r == 0 && res->status != 200)
		r = err_set(e, res->status == 404 ? ENOENT : EIO, "the server answers %ld",
			    res->status);
	return r;
}

static struct timespec time_of(const char *header)
{
	struct tm tm = {0};
	const char *end = header ? strptime(header, "%a, %d %b %Y %H:%M:%S GMT", &tm) : NULL;

	return (struct timespec){.tv_sec = end && !*end ? timegm(&tm) : 0};
}

/* The last component of its path, without escapes. */
static char *name_of(const char *url)
{
	const char *path = strstr(url, "://") + 3, *name;
	size_t n = strcspn(path, "?#");
	cleanup_free char *copy = xstrndup(path, n);
	char *to;

	while (n && copy[n - 1] == '/')
		copy[--n] = '\0';
	name = strchr(copy, '/') ? path_basename(copy) : "";
	to = xstrdup(name);
	for (char *from = to, *at = to;; from++) {
		char hex[3] = {0};

		if (*from == '%' && strspn(from + 1, "0123456789abcdefABCDEF") >= 2) {
			memcpy(hex, from + 1, 2);
			*at++ = (char)strtoul(hex, NULL, 16);
			from += 2;
			continue;
		}
		*at++ = *from;
		if (!*from)
			return to;
	}
}

struct fetched {
	char *url;
	struct digest digest;
	struct copy_remote file;
};

struct copy_remotes {
	int tmp_fd;
	pthread_mutex_t lock; /* held while something is fetched */
	struct fetched *v;
	size_t n;
};

struct copy_remotes *copy_remotes_new(int tmp_fd)
{
	struct copy_remotes *r = xcalloc(1, sizeof(*r));

	r->tmp_fd = tmp_fd;
	pthread_mutex_init(&r->lock, NULL);
	return r;
}

void copy_remotes_free(struct copy_remotes *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].url);
		copy_remote_clear(&r->v[i].file);
	}
	free(r->v);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static int add(struct copy_remotes *r, const char *url, uint64_t max, struct err *e)
{
	cleanup_http_response struct http_response res = HTTP_RESPONSE_INIT;
	cleanup_free char *name = name_of(url);
	cleanup_close int fd = r->tmp_fd < 0 ? memfd_create("download", MFD_CLOEXEC)
					     : openat(r->tmp_fd, ".",
						      O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	struct download d = {.fd = fd, .max = max};
	int res_code = fd < 0 ? err_sys(e, errno, "cannot make a file") : 0;

	if (res_code == 0 && (!*name || strchr(name, '/') || streq(name, ".") || streq(name, "..")))
		res_code = err_set(e, ERR_USAGE, "its path has no name for the file");
	if (res_code == 0)
		res_code = fetch(url, &d, &res, e);
	if (res_code < 0) {
		hash_free(d.hash);
		return res_code;
	}
	r->v = xrealloc(r->v, r->n + 1, sizeof(*r->v));
	r->v[r->n] = (struct fetched){
		.url = xstrdup(url),
		.file = {.fd = take_fd(&fd),
			 .name = take_ptr(name),
			 .mtime = time_of(res.last_modified)},
	};
	hash_final(d.hash, &r->v[r->n++].digest);
	hash_free(d.hash);
	return 0;
}

static int get(struct copy_remotes *r, const char *url, uint64_t max, const struct fetched **ret,
	       struct err *e)
{
	for (size_t i = 0; i < r->n; i++)
		if (streq(r->v[i].url, url)) {
			*ret = &r->v[i];
			return 0;
		}
	if (add(r, url, max, e) < 0)
		return -e->code;
	*ret = &r->v[r->n - 1];
	return 0;
}

static int check(const struct fetched *f, const char *checksum, struct err *e)
{
	struct digest expected;
	int r = checksum ? digest_parse(checksum, &expected, e) : 0;

	if (r < 0 || !checksum || digest_equal(&expected, &f->digest))
		return r;
	return err_set(e, EBADMSG, "it has the digest %s, --checksum says %s",
		       digest_text(&f->digest).s, checksum);
}

/* A descriptor with an offset of its own. */
static int open_again(const struct copy_remote *file, struct copy_remote *ret, struct err *e)
{
	cleanup_free char *path = xasprintf("/proc/self/fd/%d", file->fd);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, errno, "cannot open it");
	*ret = (struct copy_remote){.fd = fd, .name = xstrdup(file->name), .mtime = file->mtime};
	return 0;
}

int copy_remotes_get(struct copy_remotes *r, const char *url, const char *checksum, uint64_t max,
		     struct copy_remote *ret, struct err *e)
{
	const struct fetched *f = NULL;
	int res;

	pthread_mutex_lock(&r->lock);
	res = get(r, url, max, &f, e);
	if (res == 0)
		res = check(f, checksum, e);
	if (res == 0)
		res = open_again(&f->file, ret, e);
	pthread_mutex_unlock(&r->lock);
	return res;
}
