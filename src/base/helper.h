/*
 * helper.h - a short-lived process that shares everything but its namespaces with its caller.
 */
#ifndef BASE_HELPER_H
#define BASE_HELPER_H

#include "base/err.h"

/*
 * Runs work(arg) in a process that shares the caller's memory and descriptor table (CLONE_VM |
 * CLONE_FILES): nothing is copied, and descriptors it opens are the caller's. It may change its
 * namespaces, root and umask. Returns what work() returned; work() reports errors in *e.
 */
int helper_run(int (*work)(void *arg, struct err *e), void *arg, struct err *e);

#endif
