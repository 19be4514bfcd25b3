/*
 * helper.h - a short-lived process that shares all but its namespaces with the launcher.
 */
#ifndef LAUNCH_HELPER_H
#define LAUNCH_HELPER_H

#include "base/err.h"

/*
 * Runs work(arg) in a process that has the launcher's memory and descriptor table (CLONE_VM |
 * CLONE_FILES): nothing is copied for it, and what it opens is the launcher's. Its namespaces, root
 * and umask are its own to change. Returns what work() returned; work() tells of its failures in *e.
 */
int helper_run(int (*work)(void *arg, struct err *e), void *arg, struct err *e);

#endif
