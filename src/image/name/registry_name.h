/*
 * registry_name.h - the different spellings of a registry: in files of other tools, in sandbox.conf
 * and on the command line.
 */
#ifndef IMAGE_NAME_REGISTRY_NAME_H
#define IMAGE_NAME_REGISTRY_NAME_H

#include <stdbool.h>

struct registry_name {
	char *host; /* "host[:port]", lower case; docker.io for all of its hosts */
	char *path; /* the part after the host, without outer slashes; or NULL */
	bool url;   /* it was given as a URL */
};

/*
 * Parses "[http[s]://]host[:port][/v1|/v2][/path][/]". Drops the scheme's default port. Accepts
 * anything: *ret has what was found.
 */
void registry_name_parse(const char *text, struct registry_name *ret);
void registry_name_clear(struct registry_name *n);
#define cleanup_registry_name __attribute__((cleanup(registry_name_clear)))

/* Do both mean the same server, whatever their paths? */
bool registry_name_same(const char *a, const char *b);

#endif
