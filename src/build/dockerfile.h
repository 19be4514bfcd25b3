/*
 * dockerfile.h - a Dockerfile as a list of instructions, read but not yet understood: variables are
 * as written, and nothing outside the file is looked at.
 *
 * Reads all of the Dockerfile reference as of Dockerfile 1.20, and the old forms of it. Everything
 * unknown is an error "FILE:LINE: what; what is meant".
 */
#ifndef BUILD_DOCKERFILE_H
#define BUILD_DOCKERFILE_H

#include <stddef.h>

#include "base/err.h"
#include "build/instruction.h"

/* Bytes of a file, and its instructions. */
#define DOCKERFILE_MAX		    (16 << 20)
#define DOCKERFILE_INSTRUCTIONS_MAX 100000

struct dockerfile {
	char *name;   /* for messages */
	char *syntax; /* of `# syntax=`; NULL */
	char escape;  /* '\\' or '`' */
	struct instruction *v;
	size_t n;
};

/* name is for messages. ERR_USAGE. */
int dockerfile_parse(const char *text, size_t len, const char *name, struct dockerfile *ret,
		     struct err *e);
void dockerfile_clear(struct dockerfile *d);
#define cleanup_dockerfile __attribute__((cleanup(dockerfile_clear)))

/* Prefixes the message with the file and the line; returns -e->code. */
int dockerfile_err(const char *file, size_t line, struct err *e);

/* The same of an instruction; says too if it is the line of a template. */
int dockerfile_err_at(const char *file, const struct instruction *in, struct err *e);

#endif
