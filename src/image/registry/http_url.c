/*
 * http_url.c - URLs and header values; see http.h.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/registry/http.h"
#include "image/registry/libcurl.h"

/* NULL: it is none of libcurl's, or there is no libcurl, which http_exchange() tells. */
static CURLU *parse_url(const char *url)
{
	struct err e = {0};
	CURLU *u = libcurl_load(&e) == 0 ? lc.curl_url() : NULL;

	/* Without CURLU_NON_SUPPORT_SCHEME only libcurl's schemes; http_exchange() accepts two. */
	if (u && lc.curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK) {
		lc.curl_url_cleanup(u);
		u = NULL;
	}
	return u;
}

char *http_resolve_url(const char *url, const char *location)
{
	CURLU *u = parse_url(url);
	char *text = NULL, *copy = NULL;

	if (!u)
		return NULL;
	if (lc.curl_url_set(u, CURLUPART_URL, location, CURLU_URLENCODE) == CURLUE_OK &&
	    lc.curl_url_get(u, CURLUPART_URL, &text, 0) == CURLUE_OK)
		copy = xstrdup(text);
	lc.curl_free(text);
	lc.curl_url_cleanup(u);
	return copy;
}

/* "" if it is no URL. */
static char *origin(const char *url)
{
	static const CURLUPart parts[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};
	struct buf b = BUF_INIT;
	CURLU *u = parse_url(url);
	char *text;

	if (!u)
		return buf_detach(&b);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (lc.curl_url_get(u, parts[i], &text, CURLU_DEFAULT_PORT) == CURLUE_OK) {
			buf_addf(&b, "%s ", text);
			lc.curl_free(text);
		}
	lc.curl_url_cleanup(u);
	return buf_detach(&b);
}

bool http_same_origin(const char *a, const char *b)
{
	cleanup_free char *x = origin(a), *y = origin(b);

	return *x && strcasecmp(x, y) == 0;
}

bool http_is_tls(const char *url)
{
	return strncasecmp(url, "https://", strlen("https://")) == 0;
}

char *http_base64(const char *text)
{
	size_t n = strlen(text);
	unsigned char *out = xcalloc(4 * ((n + 2) / 3) + 1, 1);

	EVP_EncodeBlock(out, (const unsigned char *)text, (int)n);
	return (char *)out;
}

char *http_escape(const char *text)
{
	struct err e = {0};
	char *escaped = libcurl_load(&e) == 0 ? lc.curl_easy_escape(NULL, text, 0) : NULL, *copy;

	if (!escaped)
		return xstrdup("");
	copy = xstrdup(escaped);
	lc.curl_free(escaped);
	return copy;
}
