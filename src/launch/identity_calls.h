/*
 * identity_calls.h - answering notified system calls.
 */
#ifndef LAUNCH_IDENTITY_CALLS_H
#define LAUNCH_IDENTITY_CALLS_H

#include <linux/seccomp.h>

#include "launch/identity_tasks.h"

/* Answers a call, or begins the work that will answer it. */
void identity_answer(struct supervisor *s, int listener, const struct seccomp_notif *n);

#endif
