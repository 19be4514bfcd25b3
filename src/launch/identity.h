/*
 * identity.h - who box-root becomes: su, gosu, setpriv and kin in a box of one uid.
 */
#ifndef LAUNCH_IDENTITY_H
#define LAUNCH_IDENTITY_H

#include <stdbool.h>
#include <stdnoreturn.h>
#include <sys/types.h>

/* The supervisor's comm: of a box's processes it is nobody's. */
#define IDENTITY_COMM "sandbox-ids"

/* This program can switch processes on this kind of processor. */
bool identity_supported(void);

/*
 * The supervisor, in a process that pid 1 has forked for it: answers the calls of all listeners
 * that arrive on the socket, each in a message LISTENER. Returns never; it ends with the box.
 */
noreturn void identity_run(int socket);

#endif
