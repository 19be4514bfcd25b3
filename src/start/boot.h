/*
 * boot.h - the one way in which a box starts.
 *
 * It takes an image, a project and its grants, starts the box, and runs its hooks and its first
 * session. enter, run, matrix and the steps of preparing use it; the request names each difference
 * between them.
 */
#ifndef START_BOOT_H
#define START_BOOT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/proc.h"
#include "box/record.h"
#include "config/settings.h"
#include "grant/reach_line.h"
#include "rootfs/image_root.h"
#include "start/assembly.h"
#include "start/session.h"

/* A line of the notes of a start for each place that is mounted upon, as err_quote() has it. */
#define MOUNT_NOTE "mount "

struct boot_request {
	const struct store *store;
	struct box *box; /* one that stays is locked, until its pid 1 has taken the session */
	struct settings *settings;
	const struct user *user; /* as the box is to know them */

	/* Its lease is closed when the box is recorded. NULL: boot() resolves the box's image. */
	struct image_root *root;
	/*
	 * Of a throw-away box: its locked lifetime lock, closed when pid 1 has it, unless the box is
	 * sealed. NULL, for one that stays: boot() takes it.
	 */
	int *lifetime;

	/*
	 * Consent. A box that stays gets what is kept with it, and keeps what is new. For a throw-away box
	 * only `granted` counts. asker NULL, for a throw-away box: nobody is asked.
	 */
	const struct reach_asker *asker;
	const struct strv *granted; /* a moment ago */

	const struct extra_mount *mounts;
	size_t n_mounts;
	const char *hostname; /* NULL: of the settings, else the box's name */
	bool project_overlay; /* what is written in the project stays in the box */
	bool sealed; /* for a step: what is written becomes a layer, so nothing of this user goes in */
	bool quiet;	   /* what this kernel cannot keep from the box is not said */
	const char *notes; /* lines on what it was started with (drift.h), or NULL */

	bool hooks;	 /* create and start come before the session, exit when the box ends */
	bool enter_hook; /* and so does enter */
	bool rescue;	 /* the session comes even if create or start has failed */
	const struct session_options *session;
	const char *cwd;    /* inside, absolute; NULL: as box_session_cwd() says */
	const char *detach; /* source for box_session_detach(); NULL: the session is waited for */
	bool *ret_last;	    /* as in struct session_request */
};

/*
 * Starts the box and runs its first session, as box_session_run() and box_session_detach() do. If a
 * box that stays is still ending, this waits for it. When this fails with such a box still locked,
 * nothing of the start is left.
 */
int boot(const struct boot_request *req, int *ret_status, struct err *e);

#endif
