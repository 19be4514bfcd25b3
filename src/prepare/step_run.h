/*
 * step_run.h - one step of a recipe in its throw-away box.
 */
#ifndef PREPARE_STEP_RUN_H
#define PREPARE_STEP_RUN_H

#include <stdbool.h>

#include "base/proc.h"
#include "box/box.h"
#include "prepare/prepare_request.h"
#include "prepare/step_log.h"

struct step_run {
	const struct prepare_request *req;
	const struct recipe_step *step;
	struct settings *settings; /* the settings of the project that the step may have */
	const struct user *user;
	const struct strv *layers; /* of the steps before it, bottom first */
};

/*
 * Runs it in the box and logs its output. *ret_status is its exit status; everything it started has
 * ended. Ctrl-C ends the step, not us.
 */
int step_run(const struct step_run *p, struct box *b, int lifetime, struct step_log *log,
	     int *ret_status, struct err *e);

bool step_was_interrupted(void);

/* A shell for the user in the box of a failed step. Returns when it has ended. */
int step_shell(const struct step_run *p, struct box *b, int lifetime, struct err *e);

#endif
