/*
 * identity_stops.h - stops of the box's traced threads.
 */
#ifndef LAUNCH_IDENTITY_STOPS_H
#define LAUNCH_IDENTITY_STOPS_H

#include "launch/identity_tasks.h"

/* Handles a status of a tracee from waitpid(2). */
void stops_take(struct supervisor *s, pid_t tid, int status);

#endif
