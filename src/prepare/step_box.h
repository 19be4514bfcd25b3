/*
 * step_box.h - a command whose changes become a layer, in a throw-away box: a step of a recipe, or
 * of a build.
 */
#ifndef PREPARE_STEP_BOX_H
#define PREPARE_STEP_BOX_H

#include <stdbool.h>

#include "base/proc.h"
#include "box/box.h"
#include "prepare/step_log.h"
#include "rootfs/image_root.h"
#include "start/boot.h"

struct step_box {
	const struct store *store;
	struct settings *settings;
	const struct user *user;
	struct image_root *root; /* what it starts from */
	const struct extra_mount *mounts;
	size_t n_mounts;
	bool bare; /* as in struct boot_request */
	struct session_options session;
	const char *cwd;
	bool (*stop)(void); /* asked while it runs, unless NULL: true ends it */
};

/*
 * Runs it in the box and logs its output. *ret_status is its exit status; everything it started has
 * ended. May be used by several threads. Ctrl-C on a terminal ends the command.
 */
int step_box_run(const struct step_box *p, struct box *b, int lifetime, struct step_log *log,
		 int *ret_status, struct err *e);

/*
 * The same at the caller's terminal: argv of the session, or a shell. Returns when it has ended.
 */
int step_box_shell(const struct step_box *p, struct box *b, int lifetime, struct err *e);

#endif
