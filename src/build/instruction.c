/*
 * instruction.c - names of instructions, and their flags.
 */
#include "build/instruction.h"

#include <stdlib.h>

const char *const instruction_names[] = {
	[INSTRUCTION_ADD] = "ADD",
	[INSTRUCTION_ARG] = "ARG",
	[INSTRUCTION_CMD] = "CMD",
	[INSTRUCTION_COPY] = "COPY",
	[INSTRUCTION_ENTRYPOINT] = "ENTRYPOINT",
	[INSTRUCTION_ENV] = "ENV",
	[INSTRUCTION_EXPOSE] = "EXPOSE",
	[INSTRUCTION_FROM] = "FROM",
	[INSTRUCTION_HEALTHCHECK] = "HEALTHCHECK",
	[INSTRUCTION_LABEL] = "LABEL",
	[INSTRUCTION_MAINTAINER] = "MAINTAINER",
	[INSTRUCTION_ONBUILD] = "ONBUILD",
	[INSTRUCTION_RUN] = "RUN",
	[INSTRUCTION_SHELL] = "SHELL",
	[INSTRUCTION_STOPSIGNAL] = "STOPSIGNAL",
	[INSTRUCTION_USER] = "USER",
	[INSTRUCTION_VOLUME] = "VOLUME",
	[INSTRUCTION_WORKDIR] = "WORKDIR",
	NULL,
};

const char *instruction_flag(const struct instruction *in, const char *name)
{
	for (size_t i = 0; i + 1 < in->flags.n; i += 2)
		if (streq(in->flags.v[i], name))
			return in->flags.v[i + 1];
	return NULL;
}

void instruction_clear(struct instruction *in)
{
	free(in->text);
	strv_clear(&in->flags);
	strv_clear(&in->args);
	for (size_t i = 0; i < in->n_heredocs; i++) {
		free(in->heredocs[i].name);
		free(in->heredocs[i].content);
	}
	free(in->heredocs);
	if (in->trigger)
		instruction_clear(in->trigger);
	free(in->trigger);
	*in = (struct instruction){0};
}
