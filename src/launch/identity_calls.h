/*
 * identity_calls.h - what becomes of a call.
 */
#ifndef LAUNCH_IDENTITY_CALLS_H
#define LAUNCH_IDENTITY_CALLS_H

#include <linux/seccomp.h>

#include "launch/identity_tasks.h"

/* Answers a call now, or begins what answers it. */
void identity_answer(struct supervisor *s, int listener, const struct seccomp_notif *n);

#endif
