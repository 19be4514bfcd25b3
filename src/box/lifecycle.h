/*
 * lifecycle.h - looking at, stopping and removing boxes.
 */
#ifndef BOX_LIFECYCLE_H
#define BOX_LIFECYCLE_H

#include "base/err.h"
#include "box/box.h"

/* After pid 1 was told to end, or killed: the kernel's own work on many processes and mounts. */
#define BOX_TEARDOWN_MS 10000

/* From the status of a box's last session to its end, where nothing makes it stay. */
#define BOX_ENDING_MS 1000

/*
 * All boxes, by name, parked; what crashes left is swept away first. One that is there and cannot be read
 * is in the list, as a damaged one: a list that is not whole is an error.
 */
struct box_list {
	struct box *v;
	size_t n;
};

int box_list_load(const struct store *s, struct box_list *ret, struct err *e);
/* Opens the box i, for a loop over all in their order. Returns 1, 0 when it has gone meanwhile, or -errno. */
int box_list_open(const struct store *s, struct box_list *l, size_t i, struct err *e);
void box_list_clear(struct box_list *l);
#define cleanup_box_list __attribute__((cleanup(box_list_clear)))

#define BOX_STOP_MS 10000 /* what stop gives by default, and a box that ends by itself */

/*
 * Ends a running box: its processes are asked as in launch/ending.h and have ms to go by themselves, then
 * pid 1 and all go. Returns when its namespaces are gone; 0 too when it did not run.
 */
int box_stop(const struct box *b, long ms, struct err *e);

/* Ends a box that only lingers, nobody being in it, as box_stop() does. True: it does not run. */
bool box_end_idle(const struct box *b, long ms);

/* The error for what box_connect() cannot reach. */
int box_out_of_reach(const struct box *b, struct err *e);

/*
 * For who was not answered: an error when pid 1 does not end either, as one of another version, which
 * understands nothing that it is asked. A box on its way out has a moment.
 */
int box_check_version(const struct box *b, struct err *e);

/*
 * For who needs a box at rest: an error when it runs. One that only lingers is ended, and one whose last
 * session is over has a moment to end by itself; its namespaces are gone when this returns 0.
 */
int box_check_ended(const struct box *b, struct err *e);

/* Waits until the lock of its pid 1 is free, ms at most; false: it is not. */
bool box_wait_ended(const struct box *b, int ms);

/* A process of a running box. */
struct box_process {
	pid_t pid; /* as the host counts */
	pid_t parent;
	char *command; /* its argv in one printable line, else [name] */
};

/* Every process of the box but pid 1 and its supervisor of identities, parents before children. The caller frees. */
int box_processes(const struct box *b, struct box_process **ret, size_t *ret_n, struct err *e);
void box_processes_free(struct box_process *v, size_t n);

#endif
