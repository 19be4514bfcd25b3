/*
 * registry_name.c - see registry_name.h. Linked into the launcher: uses only libc.
 */
#include "image/name/registry_name.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define HUB "docker.io"

void registry_name_clear(struct registry_name *n)
{
	free(n->host);
	free(n->path);
	*n = (struct registry_name){0};
}

/* *ret_port: the scheme's default port. */
static const char *skip_scheme(const char *text, const char **ret_port)
{
	static const struct {
		const char *scheme, *port;
	} known[] = {{"https://", ":443"}, {"http://", ":80"}};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		size_t n = strlen(known[i].scheme);

		if (strncasecmp(text, known[i].scheme, n) == 0) {
			*ret_port = known[i].port;
			return text + n;
		}
	}
	*ret_port = known[0].port;
	return text;
}

/* Hosts that serve docker.io, and keys under which Docker has stored its login. */
static bool is_hub(const char *host)
{
	return streq(host, "index.docker.io") || streq(host, "registry-1.docker.io");
}

/* The version of the protocol is not part of a name. */
static const char *skip_version(const char *path)
{
	path += strspn(path, "/");
	if (path[0] == 'v' && (path[1] == '1' || path[1] == '2') && (!path[2] || path[2] == '/'))
		path += 2;
	return path + strspn(path, "/");
}

void registry_name_parse(const char *text, struct registry_name *ret)
{
	const char *port, *start = text + strspn(text, " \t\r\n"), *host, *path;
	size_t len;

	host = skip_scheme(start, &port);
	len = strcspn(host, "/ \t\r\n");
	*ret = (struct registry_name){.url = host != start, .host = xstrndup(host, len)};
	for (char *c = ret->host; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (ends_with(ret->host, port))
		ret->host[len - strlen(port)] = '\0';
	if (is_hub(ret->host)) {
		free(ret->host);
		ret->host = xstrdup(HUB);
	}
	path = skip_version(host + len);
	len = strcspn(path, " \t\r\n");
	while (len && path[len - 1] == '/')
		len--;
	if (len)
		ret->path = xstrndup(path, len);
}

bool registry_name_same(const char *a, const char *b)
{
	cleanup_registry_name struct registry_name x, y;

	registry_name_parse(a, &x);
	registry_name_parse(b, &y);
	return *x.host && streq(x.host, y.host);
}
