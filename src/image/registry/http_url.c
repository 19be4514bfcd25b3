/*
 * http_url.c - URLs and header values; see http.h.
 */
#include <curl/curl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/registry/http.h"

char *http_resolve_url(const char *url, const char *location)
{
	CURLU *u = curl_url();
	char *text = NULL, *copy = NULL;

	/* Without CURLU_NON_SUPPORT_SCHEME only libcurl's schemes; http_exchange() accepts two. */
	if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_set(u, CURLUPART_URL, location, CURLU_URLENCODE) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_URL, &text, 0) == CURLUE_OK)
		copy = xstrdup(text);
	curl_free(text);
	curl_url_cleanup(u);
	return copy;
}

static char *origin(const char *url)
{
	static const CURLUPart parts[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};
	struct buf b = BUF_INIT;
	CURLU *u = curl_url();
	char *text;

	if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK)
		for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
			if (curl_url_get(u, parts[i], &text, CURLU_DEFAULT_PORT) == CURLUE_OK) {
				buf_addf(&b, "%s ", text);
				curl_free(text);
			}
	curl_url_cleanup(u);
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
	char *escaped = curl_easy_escape(NULL, text, 0), *copy = xstrdup(escaped ? escaped : "");

	curl_free(escaped);
	return copy;
}
