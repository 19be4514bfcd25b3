/*
 * lifecycle.h - listing, stopping and removing boxes.
 */
#ifndef BOX_LIFECYCLE_H
#define BOX_LIFECYCLE_H

#include "base/err.h"
#include "box/box.h"

/*
 * After pid 1 was told to end, or killed: time for the kernel to clean up many processes and
 * mounts.
 */
#define BOX_TEARDOWN_MS 10000

/* Time between the status of a box's last session and its end, if nothing keeps it. */
#define BOX_ENDING_MS 1000

/*
 * All boxes, by name, parked; leftovers of crashes are swept first. A box that cannot be read is in
 * the list as damaged: a list is complete or an error.
 */
struct box_list {
	struct box *v;
	size_t n;
};

int box_list_load(const struct store *s, struct box_list *ret, struct err *e);
/* Opens the store, and loads the list of its boxes. */
int box_list_of_store(struct store *s, struct box_list *out, struct err *e);
/*
 * Opens box i, for a loop over all of them in order. Returns 1, 0 if it has gone meanwhile, or
 * -errno.
 */
int box_list_open(const struct store *s, struct box_list *l, size_t i, struct err *e);
void box_list_clear(struct box_list *l);
#define cleanup_box_list __attribute__((cleanup(box_list_clear)))

#define BOX_STOP_MS 10000 /* default of stop, and for a box that ends by itself */

/*
 * Ends a running box: asks its processes as in launch/ending.h, gives them ms to exit, then kills
 * everything. Returns once its namespaces are gone; 0 also if it was not running.
 */
int box_stop(const struct box *b, long ms, struct err *e);

/* Ends a box that only lingers, with nobody in it, as box_stop() does. True: it is not running. */
bool box_end_idle(const struct box *b, long ms);

/* The error for a box that box_connect() finds unreachable: -ENOLINK. */
int box_out_of_reach(const struct box *b, struct err *e);

/* The error for one that is not running. */
int box_not_running(const struct box *b, struct err *e);

/*
 * For callers that got no answer: an error if pid 1 does not end either, as one of another version,
 * which does not understand requests. A box that is ending gets a moment.
 */
int box_check_version(const struct box *b, struct err *e);

/* The error for those callers. */
int box_no_answer(const struct box *b, struct err *e);

/*
 * For callers that need a box that is not running: an error if it runs. One that only lingers is
 * ended; one whose last session is over gets a moment to end by itself. When this returns 0, its
 * namespaces are gone.
 */
int box_check_ended(const struct box *b, struct err *e);

/* Waits at most ms until the lock of its pid 1 is free; false: it is not. */
bool box_wait_ended(const struct box *b, int ms);

/* A process of a running box. */
struct box_process {
	pid_t pid; /* in the host's numbering */
	pid_t parent;
	char *command; /* its argv in one printable line, else [name] */
};

/*
 * Every process of the box but pid 1 and its identity supervisor, parents before children. The
 * caller frees it.
 */
int box_processes(const struct box *b, struct box_process **ret, size_t *ret_n, struct err *e);
void box_processes_free(struct box_process *v, size_t n);

#endif
