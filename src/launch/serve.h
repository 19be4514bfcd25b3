/*
 * serve.h - pid 1's loop.
 */
#ifndef LAUNCH_SERVE_H
#define LAUNCH_SERVE_H

#include "launch/server.h"

/* Serves until the box ends; boot is the first connection. */
void serve_run(struct server *srv, int boot);

#endif
