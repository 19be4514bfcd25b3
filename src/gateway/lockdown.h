/*
 * lockdown.h - what the gateway gives up before it reads a byte of the box.
 */
#ifndef GATEWAY_LOCKDOWN_H
#define GATEWAY_LOCKDOWN_H

#include <stdbool.h>

#include "base/err.h"

/*
 * For the calling thread: no file can be opened, and no abstract socket or process outside
 * reached (Landlock, as far as this kernel has it); no capability, but CAP_NET_RAW over the box's
 * network if `raw`. no_new_privs is set.
 */
int lockdown_thread(bool raw, struct err *e);

/* For the whole process: not dumpable, and only the system calls that carrying traffic takes. */
int lockdown_process(struct err *e);

#endif
