/*
 * identity.h - becoming other users in a box of one uid: su, gosu, setpriv and kin.
 */
#ifndef LAUNCH_IDENTITY_H
#define LAUNCH_IDENTITY_H

#include <stdbool.h>
#include <stdnoreturn.h>
#include <sys/types.h>

/* The supervisor's comm; no process of the box is called so. */
#define IDENTITY_COMM "sandbox-ids"

/* Can this program switch processes on this processor? */
bool identity_supported(void);

/*
 * The supervisor, in a process that pid 1 forked for it: answers the calls of all listeners that
 * arrive on the socket, each in a message LISTENER. owners: the box builds an image, and each file
 * has an owner. It writes a byte to the pipe ready when it does so. Never returns; it ends with the
 * box.
 */
noreturn void identity_run(int socket, int ready, bool owners);

#endif
