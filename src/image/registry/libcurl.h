/*
 * libcurl.h - libcurl, loaded before the first exchange with a server.
 *
 * It loads two dozen other libraries, and most commands of a day ask no server: they would spend
 * half of their time on loading them. The program is not linked with libcurl, so a call without
 * `lc.` fails to link.
 */
#ifndef IMAGE_REGISTRY_LIBCURL_H
#define IMAGE_REGISTRY_LIBCURL_H

#define CURL_DISABLE_TYPECHECK /* its macros call the functions by their own names */
#include <curl/curl.h>

#include "base/err.h"

/* The functions that we call. */
/* clang-format off */
#define LIBCURL_FUNCTIONS(F) \
	F(curl_easy_cleanup) F(curl_easy_escape) F(curl_easy_getinfo) F(curl_easy_init) \
	F(curl_easy_perform) F(curl_easy_reset) F(curl_easy_setopt) F(curl_easy_strerror) \
	F(curl_free) F(curl_global_init) F(curl_slist_append) F(curl_slist_free_all) \
	F(curl_url) F(curl_url_cleanup) F(curl_url_get) F(curl_url_set)
/* clang-format on */

struct libcurl {
#define LIBCURL_MEMBER(name) __typeof__(name) *name;
	LIBCURL_FUNCTIONS(LIBCURL_MEMBER)
#undef LIBCURL_MEMBER
};

/* Nothing of it may be called before libcurl_load() has returned 0. */
extern struct libcurl lc;

/* ELIBACC: libcurl cannot be loaded, each time that it is asked for. Any thread may call it. */
int libcurl_load(struct err *e);

#endif
