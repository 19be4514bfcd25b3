/*
 * boot.h - the one way in which a box starts.
 *
 * Takes an image, a project and its grants, starts the box, and runs its hooks and its first
 * session. Used by enter, run, matrix and the steps of preparing; the request has a field for each
 * difference between them.
 */
#ifndef START_BOOT_H
#define START_BOOT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/proc.h"
#include "box/record.h"
#include "config/ports.h"
#include "config/settings.h"
#include "grant/reach_line.h"
#include "rootfs/image_root.h"
#include "start/assembly.h"
#include "start/session.h"

/* The notes of a start have such a line for each mount point, quoted by err_quote(). */
#define MOUNT_NOTE "mount "
/* One that was added while the box runs has this one too: SOURCE:TARGET[:ro]. */
#define ADDED_NOTE "added "

struct boot_request {
	const struct store *store;
	struct box *box; /* a persistent one is locked, until pid 1 has accepted the session */
	struct settings *settings;
	const struct user *user; /* as the box should know them */

	/* Its lease is closed when the box is recorded. NULL: boot() resolves the box's image. */
	struct image_root *root;
	/*
	 * Of a throw-away box: its locked lifetime lock, closed when pid 1 has it, unless the box
	 * is sealed. NULL for a persistent box: boot() takes it.
	 */
	int *lifetime;

	/*
	 * Consent. A persistent box gets what is kept with it, and keeps what is new. For a
	 * throw-away box only `granted` counts. asker NULL, for a throw-away box: nobody is asked.
	 */
	const struct reach_asker *asker;
	const struct strv *granted; /* given a moment ago */

	const struct extra_mount *mounts;
	size_t n_mounts;
	const char *hostname;	 /* NULL: from the settings, else the box's name */
	const char *stop_signal; /* of a service; NULL: its image's */
	/*
	 * With network = gateway: the name of a network of the box's own in its project
	 * (gateway.h), as a service has; a label of DNS. NULL: a persistent box shares the network
	 * of its project's boxes, and any other has one to itself.
	 */
	const char *network;
	bool project_overlay;		  /* writes in the project stay in the box */
	const struct port_setting *ports; /* published; of a trial a taken one is left out */
	size_t n_ports;
	const uint16_t *localhost; /* ports that the project's boxes have at 127.0.0.1, too */
	size_t n_localhost;
	bool sealed; /* for a step: writes become a layer, so nothing of this user goes in */
	bool bare;   /* sealed too: no memory on /tmp and /run, which become a part of the layer */
	bool quiet;  /* do not warn about what this kernel cannot protect */
	const char *notes; /* lines about what it was started with (drift.h), or NULL */

	bool hooks;	 /* run create and start before the session, exit when the box ends */
	bool enter_hook; /* and run enter */
	bool rescue;	 /* run the session even if create or start has failed */
	const struct session_options *session;
	const char *cwd;    /* inside, absolute; NULL: as box_session_cwd() says */
	const char *detach; /* source for box_session_detach(); NULL: wait for the session */
	bool *ret_last;	    /* as in struct session_request */
};

/*
 * Starts the box and runs its first session, as box_session_run() and box_session_detach() do.
 * Waits for a persistent box that is still ending. If this fails while such a box is still locked,
 * nothing of the start is left.
 */
int boot(const struct boot_request *req, int *ret_status, struct err *e);

#endif
