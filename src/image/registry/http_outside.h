/*
 * http_outside.h - addresses that a file of a project may make us connect to.
 */
#ifndef IMAGE_REGISTRY_HTTP_OUTSIDE_H
#define IMAGE_REGISTRY_HTTP_OUTSIDE_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * Is it none of this machine's, not link-local, and no address at which a cloud gives away
 * credentials? What a box may reach by default.
 */
bool http_outside(const struct sockaddr *addr);

/* Do the variables name a proxy? It may be anywhere, and sees where it is asked to connect to. */
bool http_outside_by_proxy(void);

#endif
