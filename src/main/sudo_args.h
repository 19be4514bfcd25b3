/*
 * sudo_args.h - the command line of sudo(8).
 */
#ifndef MAIN_SUDO_ARGS_H
#define MAIN_SUDO_ARGS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/mem.h"

enum sudo_mode {
	SUDO_RUN,
	SUDO_LIST,
	SUDO_EDIT,
	SUDO_NOTHING, /* -v, -k and -K alone: nothing is ever asked for, so nothing is remembered */
	SUDO_VERSION,
	SUDO_HELP,
};

struct sudo_args {
	enum sudo_mode mode;
	const char *user, *group; /* NULL: root, and that user's own */
	const char *other_user;	  /* -U, for a list */
	const char *dir;
	bool login, shell, background, keep_groups;
	bool keep_env, set_home;
	struct strv keep; /* names of variables */
	struct strv set;  /* NAME=value */
	char **argv;	  /* of the command, NULL-terminated; points into main()'s */
};

/* False, after a message on stderr, for a command line that sudo(8) does not accept. */
bool sudo_args_parse(int argc, char **argv, struct sudo_args *out);
void sudo_args_clear(struct sudo_args *a);

void sudo_usage(FILE *to);

#endif
