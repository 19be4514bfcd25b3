/*
 * reference.c - the grammar of image names, as in the distribution project's package:
 *
 *	registry   host ["." host]... [":" port]	the first component, if it looks like one
 *	component  [a-z0-9]+ ((\.|_|__|-+) [a-z0-9]+)*
 *	tag        [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}
 *
 * Refuses everything else; what is accepted can be a file name in refs/.
 */
#include "image/name/reference.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define TAG_MAX	       127 /* after the first character */
#define LOWER_DIGITS   "abcdefghijklmnopqrstuvwxyz0123456789"
#define UPPER	       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DOCKER	       "docker.io"
#define DOCKER_LIBRARY "library/"
#define DEFAULT_TAG    "latest"

void reference_clear(struct reference *r)
{
	free(r->registry);
	free(r->path);
	free(r->tag);
	*r = (struct reference){0};
}

/* Length of the component at s; 0 if there is none. */
static size_t component_length(const char *s)
{
	size_t n = strspn(s, LOWER_DIGITS);

	while (n) {
		size_t sep = 0;

		if (s[n] == '.')
			sep = 1;
		else if (s[n] == '_')
			sep = s[n + 1] == '_' ? 2 : 1;
		else if (s[n] == '-')
			sep = strspn(s + n, "-");
		if (!sep || !strspn(s + n + sep, LOWER_DIGITS))
			break;
		n += sep + strspn(s + n + sep, LOWER_DIGITS);
	}
	return n;
}

static bool path_ok(const char *path)
{
	for (;;) {
		size_t n = component_length(path);

		if (!n)
			return false;
		path += n;
		if (!*path)
			return true;
		if (*path++ != '/')
			return false;
	}
}

static bool tag_ok(const char *tag)
{
	return strspn(tag, LOWER_DIGITS UPPER "_") > 0 &&
	       strspn(tag, LOWER_DIGITS UPPER "_.-") == strlen(tag) && strlen(tag) <= TAG_MAX + 1;
}

static bool port_ok(const char *port)
{
	size_t n = strspn(port, "0123456789");

	return n > 0 && n <= 5 && !port[n] && strtoul(port, NULL, 10) <= 65535;
}

/* "[::1]" and what may follow it. */
static bool ipv6_ok(const char *host)
{
	size_t n = 1 + strspn(host + 1, "0123456789abcdefABCDEF:");

	if (n < 3 || host[n] != ']')
		return false;
	return !host[n + 1] || (host[n + 1] == ':' && port_ok(host + n + 2));
}

static bool label_ok(const char *label, size_t len)
{
	return len > 0 && strspn(label, LOWER_DIGITS UPPER "-") >= len && label[0] != '-' &&
	       label[len - 1] != '-';
}

static bool registry_ok(const char *host)
{
	const char *end;

	if (host[0] == '[')
		return ipv6_ok(host);
	for (;;) {
		end = host + strcspn(host, ".:");
		if (!label_ok(host, (size_t)(end - host)))
			return false;
		if (*end != '.')
			break;
		host = end + 1;
	}
	return !*end || port_ok(end + 1);
}

/* Is the first component a registry? Same rule as Docker's. */
static bool is_registry(const char *first)
{
	return strpbrk(first, ".:[") || streq(first, "localhost") || strpbrk(first, UPPER);
}

static int bad(struct err *e, const char *text, const char *why)
{
	char quoted[300];

	return err_set(e, ERR_USAGE, "'%s' is not the name of an image: %s",
		       err_quote(quoted, sizeof(quoted), text), why);
}

/* Cuts "@sha256:..." and ":tag" from the end of rest. */
static int cut_suffixes(char *rest, const char *text, struct reference *ref, struct err *e)
{
	char *at = strchr(rest, '@'), *colon;
	int r;

	if (at) {
		*at = '\0';
		r = digest_parse(at + 1, &ref->digest, e);
		if (r < 0)
			return r;
	}
	colon = strrchr(rest, ':');
	if (colon && !strchr(colon, '/') && !strchr(colon, ']')) {
		*colon = '\0';
		if (!tag_ok(colon + 1))
			return bad(e, text,
				   "a tag is letters, digits, '_', '.' and '-', at most 128");
		ref->tag = xstrdup(colon + 1);
	}
	if (!ref->tag && !at)
		ref->tag = xstrdup(DEFAULT_TAG);
	return 0;
}

/* In "a:5000/b" the colon belongs to the registry, in "a:5000" to the tag. */
static int split_registry(char *rest, const char *default_registry, const char *text,
			  struct reference *ref, struct err *e)
{
	char *slash = strchr(rest, '/'), *path = rest;

	if (slash) {
		*slash = '\0';
		if (is_registry(rest)) {
			if (!registry_ok(rest))
				return bad(e, text, "its registry is not host[:port]");
			ref->registry = xstrdup(streq(rest, "index.docker.io") ? DOCKER : rest);
			path = slash + 1;
		}
		*slash = '/';
	}
	if (!ref->registry)
		ref->registry = xstrdup(default_registry ? default_registry : DOCKER);
	if (strpbrk(path, UPPER))
		return bad(e, text, "upper case is for tags only, the name itself is lower case");
	if (!path_ok(path))
		return bad(e, text,
			   "expected [registry/]name[:tag][@sha256:...], the name of lower-case "
			   "letters, digits, and single '.', '_', '-' or '/' between them");
	if (streq(ref->registry, DOCKER) && !strchr(path, '/'))
		ref->path = xasprintf(DOCKER_LIBRARY "%s", path);
	else
		ref->path = xstrdup(path);
	return 0;
}

int reference_parse(const char *text, const char *default_registry, struct reference *ret,
		    struct err *e)
{
	cleanup_reference struct reference ref = {0};
	cleanup_free char *rest = xstrdup(text);
	int r;

	if (!*text)
		return bad(e, text, "it is empty");
	if (strlen(text) > REFERENCE_MAX + DIGEST_TEXT_LEN + 1)
		return bad(e, text, "it is too long");
	if (digest_valid_hex(text))
		return bad(e, text, "64 hexadecimal digits would be a digest");
	r = cut_suffixes(rest, text, &ref, e);
	if (r == 0)
		r = split_registry(rest, default_registry, text, &ref, e);
	if (r < 0)
		return r;
	if (strlen(ref.registry) + strlen(ref.path) + (ref.tag ? strlen(ref.tag) : 0) + 2 +
		    (ref.digest.hex[0] ? DIGEST_TEXT_LEN : 0) >
	    REFERENCE_MAX)
		return bad(e, text, "it is too long");
	*ret = ref;
	ref = (struct reference){0};
	return 0;
}

char *reference_name(const struct reference *r)
{
	return r->tag ? xasprintf("%s/%s:%s", r->registry, r->path, r->tag) : NULL;
}

char *reference_text(const struct reference *r)
{
	return xasprintf("%s/%s%s%s%s%s", r->registry, r->path, r->tag ? ":" : "",
			 r->tag ? r->tag : "", r->digest.hex[0] ? "@" : "",
			 r->digest.hex[0] ? digest_text(&r->digest).s : "");
}

/* Does text mean the image with that name? */
static bool means(const char *text, const char *name, const char *default_registry)
{
	cleanup_reference struct reference ref = {0};
	cleanup_free char *whole = NULL;
	struct err ignored;

	if (reference_parse(text, default_registry, &ref, &ignored) < 0)
		return false;
	whole = reference_text(&ref);
	return streq(whole, name);
}

char *reference_short(const char *name, const char *default_registry)
{
	size_t n = strlen(default_registry);
	const char *path = name + n + 1;

	if (strncmp(name, default_registry, n) != 0 || name[n] != '/')
		return xstrdup(name);
	/* "docker.io/a.b/c" must keep its registry, and "library/a/b" its library. */
	if (starts_with(path, DOCKER_LIBRARY) &&
	    means(path + strlen(DOCKER_LIBRARY), name, default_registry))
		return xstrdup(path + strlen(DOCKER_LIBRARY));
	return xstrdup(means(path, name, default_registry) ? path : name);
}

static char *exchange(const char *text, char from, char to)
{
	char *copy = xstrdup(text);

	for (char *c = copy; *c; c++)
		if (*c == from)
			*c = to;
	return copy;
}

char *reference_to_file(const char *name)
{
	return exchange(name, '/', '=');
}

char *reference_from_file(const char *file)
{
	return exchange(file, '=', '/');
}
