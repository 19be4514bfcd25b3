/*
 * identity_peer.h - the identity of a socket's peer.
 */
#ifndef LAUNCH_IDENTITY_PEER_H
#define LAUNCH_IDENTITY_PEER_H

#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/*
 * Handles getsockopt(2) of SO_PEERCRED. For the kernel all processes of a box are one user, and
 * each sees its own id; here the peer's id is looked up as the peer sees itself. If that fails, the
 * kernel's answer stands.
 */
void peer_answer(const struct supervisor *s, const struct notice *c, const struct proc_info *info);

#endif
