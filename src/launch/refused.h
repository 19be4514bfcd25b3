/*
 * refused.h - why the kernel makes or lets join no user namespace.
 */
#ifndef LAUNCH_REFUSED_H
#define LAUNCH_REFUSED_H

#include "base/err.h"

/* The error of a clone(2) or unshare(2) that was to make one. Returns the negative code. */
int refused_userns(int errnum, struct err *e);

/* The error of a setns(2) that was to join the project's. Returns the negative code. */
int refused_project(int errnum, struct err *e);

#endif
