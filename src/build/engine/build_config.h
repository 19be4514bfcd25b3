/*
 * build_config.h - the instructions that only change an image's config, and its history.
 */
#ifndef BUILD_ENGINE_BUILD_CONFIG_H
#define BUILD_ENGINE_BUILD_CONFIG_H

#include "build/engine/build_state.h"
#include "build/steps.h"

/* An instruction other than FROM, RUN, COPY, ADD and WORKDIR, with its variables replaced. */
int build_config_apply(struct build_state *s, const struct step *step, struct err *e);

/* Makes WORKDIR's path absolute; the caller frees it. The config has it then. */
char *build_config_workdir(struct build_state *s, const char *path);

/* The command as an argv: words, or SHELL and the text. */
void build_config_command(const struct build_state *s, bool exec, const struct strv *words,
			  struct strv *out);

#endif
