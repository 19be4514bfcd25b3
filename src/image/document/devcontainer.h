/*
 * devcontainer.h - translates a devcontainer.json into settings of sandbox.ini.
 *
 * Format: containers.dev, "Dev Container metadata reference"; JSON with comments and trailing
 * commas. The file is not trusted: the results are a section, a key and a value, each one line
 * without control characters, which are then checked like any setting.
 */
#ifndef IMAGE_DOCUMENT_DEVCONTAINER_H
#define IMAGE_DOCUMENT_DEVCONTAINER_H

#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

#define DEVCONTAINER_MAX (256u << 10)

struct devcontainer {
	struct strv settings; /* section, key, value in turn */
	struct strv left;     /* what was left out, and why, a line each */
};

/* Parses len bytes of text; name is for messages. EBADMSG. Release *ret on failure too. */
int devcontainer_parse(const char *text, size_t len, const char *name, struct devcontainer *ret,
		       struct err *e);
void devcontainer_clear(struct devcontainer *d);
#define cleanup_devcontainer __attribute__((cleanup(devcontainer_clear)))

#endif
