/*
 * identity_listen.h - listen(2) in a box with forward = auto.
 */
#ifndef LAUNCH_IDENTITY_LISTEN_H
#define LAUNCH_IDENTITY_LISTEN_H

#include "launch/identity_notice.h"

/* Lets the call be made, and tells the gateway to look. */
void listen_answer(const struct notice *c);

#endif
