/*
 * init.h - pid 1 of a box.
 */
#ifndef LAUNCH_INIT_H
#define LAUNCH_INIT_H

#include <stdnoreturn.h>

#include "launch/plan.h"

/*
 * What the first process of the new namespaces does, to its end; steps P1 to P7 of start.c. boot:
 * the boot connection; gate: read end of the start gate, or -1. Both become pid 1's.
 */
noreturn void pid1_main(const struct plan *p, int boot, int gate);

#endif
