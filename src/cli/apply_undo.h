/*
 * apply_undo.h - `sandbox apply --undo` and `--forget`.
 */
#ifndef CLI_APPLY_UNDO_H
#define CLI_APPLY_UNDO_H

#include <stdbool.h>

#include "store/store.h"

struct apply_undo {
	bool dry_run, yes, json, force;
	char *const *words; /* PROJECT, or paths that were applied */
	size_t n;
};

int apply_undo(const struct store *s, const struct apply_undo *o, struct err *e);
int apply_forget(const struct store *s, const struct apply_undo *o, struct err *e);

/* Asks for confirmation, unless yes; done: "nothing was applied". */
int apply_confirm(bool yes, const char *question, const char *done, struct err *e);

#endif
