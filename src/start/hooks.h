/*
 * hooks.h - commands of [hooks], run inside the box as you, in the project's directory.
 *
 *	create	once, when the box has been made, and again until it succeeds
 *	start	when the box starts
 *	enter	before each session of enter
 *	exit	before the box goes, at most 10 seconds; what it says goes nowhere
 */
#ifndef START_HOOKS_H
#define START_HOOKS_H

#include "base/err.h"
#include "start/session.h"

/*
 * Asks for exit, then runs create and start; for a box that has just been started, whose lock is held.
 * *connection is used up and replaced by a fresh one. What hooks print goes to stderr. One that
 * fails is an error.
 */
int hooks_at_start(const struct box_session *s, int *connection, struct err *e);

/* Runs enter; the same, but that one that fails is warned of alone. */
int hooks_at_enter(const struct box_session *s, int *connection, struct err *e);

#endif
