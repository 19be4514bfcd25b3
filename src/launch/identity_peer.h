/*
 * identity_peer.h - who is at the other end of a socket.
 */
#ifndef LAUNCH_IDENTITY_PEER_H
#define LAUNCH_IDENTITY_PEER_H

#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/*
 * getsockopt(2) of SO_PEERCRED. To the kernel all of a box are one user, and everybody's own id to
 * himself; here the other's is looked up, as it sees itself. Where that cannot be, the kernel's answer.
 */
void peer_answer(const struct supervisor *s, const struct notice *c, const struct proc_info *info);

#endif
