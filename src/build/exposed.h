/*
 * exposed.h - on which ports the image of a Dockerfile says that it listens, without a build.
 */
#ifndef BUILD_EXPOSED_H
#define BUILD_EXPOSED_H

#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

/*
 * Appends the words of EXPOSE, as PORT[-PORT][/PROTOCOL], of the stage target (NULL: the last one) and
 * those below it. args: NAME=VALUE. *ret_base is the image that they are based on, which may say more,
 * or NULL; the caller frees it. ERR_USAGE: the file is wrong.
 */
int exposed_find(const char *text, size_t len, const struct strv *args, const char *target,
		 struct strv *ports, char **ret_base, struct err *e);

#endif
