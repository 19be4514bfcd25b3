/*
 * links.h - the holder's side of links between projects (link.h).
 */
#ifndef GATEWAY_LINKS_H
#define GATEWAY_LINKS_H

#include "gateway/link.h"
#include "gateway/network.h"

/* LINKS_MAX of them, for as long as the process lives. */
struct link *links_new(void);

/* The connection of one to its holder, or -1. */
int links_fd(const struct networks *all, size_t i);

/* What the project's file says now. Connections to projects that it no longer names are closed. */
void links_set(struct networks *all, const struct gateway_links *to);

/*
 * Connects to the holders of linked projects, as that of `own`, in a directory of sockets. One that
 * does not run yet will connect to us, and we then to it.
 */
void links_connect(struct networks *all, int directory, const char *own);

/* Does the project name any? */
bool links_any(const struct networks *all);

/* Does the project name that one? */
bool links_name(const struct networks *all, const char *socket);

/* The linked project's holder has said something, or has ended. */
void links_receive(struct networks *all, size_t i);

/* Tells the holder of a linked project what of ours has changed since the last time. */
void links_show(const struct networks *all, int fd, bool *shown);

/* Tells a gateway that starts. */
void links_tell(const struct networks *all, const struct network *n);

/* Sends a gateway more sockets. */
void links_supply(const struct networks *all, const struct network *n,
		  const struct gateway_wanted *wanted);

#endif
