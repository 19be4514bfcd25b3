/*
 * host_names.c - the names of hosts that a project gives itself.
 */
#include "config/host_names.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/value.h"
#include "netpolicy/rule.h"

#define ALIAS_MAX 63  /* as the gateway keeps it */
#define HOST_MAX  253 /* RFC 1035 */

static bool is_address(const char *text)
{
	unsigned char addr[16];

	return inet_pton(AF_INET, text, addr) == 1 || inet_pton(AF_INET6, text, addr) == 1;
}

/* Underscores are no part of a host's name, and many projects use them. */
static bool is_name(const char *text, size_t max)
{
	size_t len = strlen(text);

	return len > 0 && len <= max && (isalnum((unsigned char)*text) || *text == '_') &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
		       len &&
	       !is_address(text);
}

/* localhost, and the zone of host.sandbox and project.sandbox. */
static bool is_reserved(const char *name)
{
	static const char *const zones[] = {"localhost", "sandbox"};
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
		size_t n = strlen(zones[i]);

		if (len >= n && strcasecmp(name + len - n, zones[i]) == 0 &&
		    (len == n || name[len - n - 1] == '.'))
			return true;
	}
	return false;
}

int host_names_check_aliases(const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};

	value_words(value, &words);
	for (size_t i = 0; i < words.n; i++)
		if (!is_name(words.v[i], ALIAS_MAX) || is_reserved(words.v[i]))
			return err_set(e, ERR_USAGE,
				       "'%s' cannot be an alias: expected letters, digits, '_', "
				       "'.' and '-', %d bytes at most",
				       words.v[i], ALIAS_MAX);
	return 0;
}

void host_names_split(const char *word, char **ret_name, const char **ret_address)
{
	size_t n = strcspn(word, ":");

	*ret_name = xstrndup(word, n);
	*ret_address = word + n + (word[n] == ':');
}

int host_names_check_hosts(const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};

	value_words(value, &words);
	for (size_t i = 0; i < words.n; i++) {
		cleanup_free char *name = NULL;
		const char *address;

		host_names_split(words.v[i], &name, &address);
		if (!is_name(name, HOST_MAX) || is_reserved(name) ||
		    (!is_address(address) && !streq(address, NET_HOST_NAME)))
			return err_set(e, ERR_USAGE,
				       "'%s': expected NAME:ADDRESS, or NAME:" NET_HOST_NAME
				       " for this machine",
				       words.v[i]);
	}
	return 0;
}
