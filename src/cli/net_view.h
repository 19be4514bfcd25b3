/*
 * net_view.h - showing what a box reached and was refused.
 */
#ifndef CLI_NET_VIEW_H
#define CLI_NET_VIEW_H

#include "base/json.h"
#include "box/record.h"
#include "netpolicy/journal.h"
#include "store/store.h"

/*
 * The project, or box, that word means; NULL: where we are. Of a project without a box, only its
 * directory is known.
 */
int net_view_find(const struct store *s, const char *word, struct box *ret, struct err *e);

/* Opens its journal; make: also if it has none yet, else *ret_fd is -1 then. */
int net_view_open(const char *word, bool make, int *ret_fd, struct err *e);

/* Prints to standard error what a run with --learn has learned, as lines of a file. */
void net_view_learned(const struct strv *rules);

/* Prints a line. */
void net_view_line(const struct net_event *event);

#define NET_VIEW_TIME_MAX 32

/* A time of CLOCK_REALTIME as JSON has it. Returns out. */
char *net_view_time(int64_t ms, char out[NET_VIEW_TIME_MAX]);

/* Adds an object. */
void net_view_json(struct json *j, const struct net_event *event);

#endif
