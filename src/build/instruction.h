/*
 * instruction.h - an instruction of a Dockerfile as it was read: its words are still as written,
 * with variables.
 */
#ifndef BUILD_INSTRUCTION_H
#define BUILD_INSTRUCTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

enum instruction_kind {
	INSTRUCTION_ADD,
	INSTRUCTION_ARG,
	INSTRUCTION_CMD,
	INSTRUCTION_COPY,
	INSTRUCTION_ENTRYPOINT,
	INSTRUCTION_ENV,
	INSTRUCTION_EXPOSE,
	INSTRUCTION_FROM,
	INSTRUCTION_HEALTHCHECK,
	INSTRUCTION_LABEL,
	INSTRUCTION_MAINTAINER,
	INSTRUCTION_ONBUILD,
	INSTRUCTION_RUN,
	INSTRUCTION_SHELL,
	INSTRUCTION_STOPSIGNAL,
	INSTRUCTION_USER,
	INSTRUCTION_VOLUME,
	INSTRUCTION_WORKDIR,
};

struct heredoc {
	char *name;
	char *content; /* as written */
	bool expand;   /* the name is not quoted */
	bool tabs;     /* `<<-`: leading tabs are not part of it */
};

struct instruction {
	enum instruction_kind kind;
	size_t line, last_line; /* from 1 */
	char *text;		/* with its name; without continuations and here-documents */
	/* Names without "--", each followed by its value; that of a bare flag is "true". */
	struct strv flags;
	bool exec; /* args are of a JSON array */
	/*
	 * ENV and LABEL: names, each followed by its value, with their quotes. ARG: words, with
	 * theirs. ADD and COPY: sources, and the destination. FROM: the image, and the name of the
	 * stage in lower case if there is one. HEALTHCHECK: NONE or CMD, and the command. The shell
	 * form of a command is one word. Others: words.
	 */
	struct strv args;
	struct heredoc *heredocs;
	size_t n_heredocs;
	struct instruction *trigger; /* of ONBUILD */
};

extern const char *const instruction_names[]; /* "RUN", by kind; ends with NULL */

/* The flag's value, or NULL. */
const char *instruction_flag(const struct instruction *in, const char *name);

void instruction_clear(struct instruction *in);

#endif
