/*
 * hooks.h - commands of [hooks], run inside the box as you, in the project's directory.
 *
 *	create	once, when the box has been made, and again until it succeeds
 *	start	when the box starts
 *	enter	before each session of enter
 *	exit	before the box ends, at most 10 seconds; its output is discarded
 */
#ifndef START_HOOKS_H
#define START_HOOKS_H

#include "base/err.h"
#include "start/session.h"

/*
 * Registers exit, then runs create and start, for a box that was just started and is locked.
 * *connection is used up and replaced by a new one. The output of hooks goes to stderr. A hook that
 * fails is an error.
 */
int hooks_at_start(const struct box_session *s, int *connection, struct err *e);

/* Runs enter, in the same way; if it fails, that is only a warning. */
int hooks_at_enter(const struct box_session *s, int *connection, struct err *e);

#endif
