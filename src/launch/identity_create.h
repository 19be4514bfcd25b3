/*
 * identity_create.h - the owner of each new file.
 */
#ifndef LAUNCH_IDENTITY_CREATE_H
#define LAUNCH_IDENTITY_CREATE_H

#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/* Answers a call that may make a file: the kernel runs it, and the file gets its maker's ids. */
void create_answer(struct supervisor *s, const struct notice *c);

/* A thread stopped or ended: true if that is all about a file that it made. */
bool create_stopped(struct supervisor *s, pid_t tid, int status);

#endif
