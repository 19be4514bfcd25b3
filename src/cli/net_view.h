/*
 * net_view.h - showing what a box reached and was refused.
 */
#ifndef CLI_NET_VIEW_H
#define CLI_NET_VIEW_H

#include "base/json.h"
#include "netpolicy/journal.h"

/* The journal of the project, or box, that word means; NULL: where we are. *ret is the caller's. */
int net_view_find(const char *word, char **ret, struct err *e);

/* Prints a line. */
void net_view_line(const struct net_event *event);

/* Adds an object. */
void net_view_json(struct json *j, const struct net_event *event);

#endif
