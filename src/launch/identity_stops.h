/*
 * identity_stops.h - what happens to traced threads of the box.
 */
#ifndef LAUNCH_IDENTITY_STOPS_H
#define LAUNCH_IDENTITY_STOPS_H

#include "launch/identity_tasks.h"

/* What waitpid(2) said of a tracee. */
void stops_take(struct supervisor *s, pid_t tid, int status);

#endif
