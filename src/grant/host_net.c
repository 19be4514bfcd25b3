/*
 * host_net.c - the host's proxies and its CA certificates.
 *
 * A variable that is not a URL passes as it is, but never with what could be a password.
 */
#include "grant/host_net.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hostvars.h"
#include "config/env.h"

#define BUNDLE_MAX (2u << 20) /* Mozilla's has 220 KiB; each session sends it */

/* The value of such a variable without the part before its '@'. The caller frees it. */
static char *strip_user(const char *proxy)
{
	const char *scheme = strstr(proxy, "://"), *host = scheme ? scheme + 3 : proxy;
	const char *at = memrchr(host, '@', strcspn(host, "/?#"));

	/* A password may contain a slash that should have been written as %2F. */
	if (!at)
		at = strrchr(host, '@');
	return at ? xasprintf("%.*s%s", (int)(host - proxy), proxy, at + 1) : xstrdup(proxy);
}

/*
 * The value with another name for the host's loopback, if that is where it leads. The caller frees
 * it.
 */
static char *rename_loopback(const char *proxy, const char *loopback)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
	const char *scheme = strstr(proxy, "://"), *host = scheme ? scheme + 3 : proxy;
	const char *at = strrchr(host, '@');

	host = at ? at + 1 : host;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t len = strlen(names[i]);

		if (strncasecmp(host, names[i], len) == 0 && strchr(":/", host[len]))
			return xasprintf("%.*s%s%s", (int)(host - proxy), proxy, loopback,
					 host + len);
	}
	return xstrdup(proxy);
}

static void set_both(const char *name, const char *value, struct strv *env)
{
	cleanup_free char *upper = xstrdup(name);

	for (char *c = upper; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	env_set(env, name, value);
	env_set(env, upper, value);
}

/* The lower case is what curl(1) takes, against "Proxy:" in the head of a CGI's request. */
static const char *proxy_of(size_t i)
{
	static const char *const lower[] = {HOSTVARS_PROXY}, *const upper[] = {
								     HOSTVARS_PROXY_UPPER};

	return getenv(lower[i]) ? getenv(lower[i]) : getenv(upper[i]);
}

bool host_net_proxies(bool with_password, const char *loopback, struct strv *env)
{
	static const char *const lower[] = {HOSTVARS_PROXY};
	bool stripped = false;

	for (size_t i = 0; i < ARRAY_SIZE(lower); i++) {
		const char *value = proxy_of(i);
		cleanup_free char *bare = NULL, *renamed = NULL;

		if (!value)
			continue;
		if (streq(lower[i], "no_proxy")) {
			set_both(lower[i], value, env);
			continue;
		}
		bare = strip_user(value);
		stripped |= !streq(bare, value);
		value = with_password ? value : bare;
		renamed = loopback ? rename_loopback(value, loopback) : NULL;
		set_both(lower[i], renamed ? renamed : value, env);
	}
	return stripped && !with_password;
}

void host_net_policy(const char *loopback, struct netpolicy **policy)
{
	static const char *const names[] = {HOSTVARS_PROXY};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = streq(names[i], "no_proxy") ? NULL : proxy_of(i), *host;
		cleanup_free char *bare = NULL, *renamed = NULL;

		if (!value)
			continue;
		bare = strip_user(value);
		renamed = rename_loopback(bare, loopback);
		host = strstr(renamed, "://");
		if (host && strncasecmp(renamed, "http:", 5) != 0)
			continue; /* TLS and SOCKS hide what is asked for, or say it otherwise */
		host = host ? host + 3 : renamed;
		renamed[(size_t)(host - renamed) + strcspn(host, "/?#")] = '\0';
		netpolicy_add_proxy(policy, host);
	}
}

static bool add_file(const char *path, struct buf *ret)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct err ignored;

	if (!path || !*path || file_read(AT_FDCWD, path, BUNDLE_MAX, &text, &ignored) < 0 ||
	    !memmem(text.data, text.len, "-----BEGIN", 10))
		return false;
	buf_add(ret, text.data, text.len);
	if (ret->data[ret->len - 1] != '\n')
		buf_addch(ret, '\n');
	return true;
}

/*
 * Appends what is trusted: the user's choice first, then the system's on Debian, Fedora, SUSE,
 * Alpine.
 */
static bool add_bundle(struct buf *ret)
{
	const char *const paths[] = {getenv("SSL_CERT_FILE"),
				     getenv("CURL_CA_BUNDLE"),
				     getenv("REQUESTS_CA_BUNDLE"),
				     "/etc/ssl/certs/ca-certificates.crt",
				     "/etc/pki/tls/certs/ca-bundle.crt",
				     "/etc/ssl/ca-bundle.pem",
				     "/etc/ssl/cert.pem"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (add_file(paths[i], ret))
			return true;
	return false;
}

bool host_net_authorities(struct buf *ret)
{
	bool bundle = add_bundle(ret), extra = add_file(getenv("NODE_EXTRA_CA_CERTS"), ret);

	return bundle || extra;
}
