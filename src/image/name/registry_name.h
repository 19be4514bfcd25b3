/*
 * registry_name.h - one registry, however it is spelled: in the files of other tools, in sandbox.conf
 * and on the command line.
 */
#ifndef IMAGE_NAME_REGISTRY_NAME_H
#define IMAGE_NAME_REGISTRY_NAME_H

#include <stdbool.h>

struct registry_name {
	char *host; /* "host[:port]", lower case; docker.io for each of its hosts */
	char *path; /* what follows the host, without outer slashes; or NULL */
	bool url;   /* it was spelled as a URL */
};

/*
 * Takes "[http[s]://]host[:port][/v1|/v2][/path][/]". The port that the scheme has anyway is left
 * out. Nothing is refused here: *ret holds what was there.
 */
void registry_name_parse(const char *text, struct registry_name *ret);
void registry_name_clear(struct registry_name *n);
#define cleanup_registry_name __attribute__((cleanup(registry_name_clear)))

/* Do both mean the same server, whatever path they have? */
bool registry_name_same(const char *a, const char *b);

#endif
