/*
 * init.h - pid 1 of a box.
 */
#ifndef LAUNCH_INIT_H
#define LAUNCH_INIT_H

#include <stdnoreturn.h>

#include "launch/plan.h"

/*
 * The main function of the first process in the new namespaces: steps P1 to P7 of start.c. boot is
 * its end of the boot connection.
 */
noreturn void pid1_main(const struct plan *p, int boot);

#endif
