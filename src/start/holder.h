/*
 * holder.h - the holder of a box's network (gateway/contract.h), for the commands that ask it.
 */
#ifndef START_HOLDER_H
#define START_HOLDER_H

#include "base/err.h"
#include "box/record.h"
#include "gateway/contract.h"
#include "launch/plan.h"

/* The name of its socket for a project, whose directory that is. The caller frees it. */
char *holder_socket_of(const char *project);

/*
 * The name of its socket in the runtime directory: one for a project, or for a box alone. network:
 * the name of a network of the box's own in its project, or NULL. The caller frees it.
 */
char *holder_socket(const struct box *b, const char *network);

/*
 * Opens the file of the journal of its network (netpolicy/journal.h). make: also if there has been
 * none, so that it can be read when the network has ended; else that is -ENOENT.
 */
int holder_open_journal(const struct store *s, const struct box *b, bool make, int *ret_fd,
			struct err *e);

/* The same of the text that the box sees; made, if it is not there. NULL: it cannot be. */
char *holder_refusals(const struct store *s, const struct box *b);

/*
 * The published ports of a box, in order of their ports in the box. None of one that does not run,
 * or has another network. The caller frees *ret.
 */
int holder_ports(const struct box *b, struct gateway_shown **ret, size_t *ret_n, struct err *e);

/* Does a box's network have one? A box without has no network any more: another start makes it. */
bool holder_lives(const struct box *b);

/* Publishes more for a box that runs. -ESRCH if it has no network with a holder. */
int holder_publish(const struct box *b, const struct plan_port *v, size_t n, struct err *e);

#endif
