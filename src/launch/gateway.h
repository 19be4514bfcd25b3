/*
 * gateway.h - the launcher's side of a project's network: gateway/contract.h.
 *
 *	gateway_join()		first of all: connects to the project's holder, or starts it
 *	gateway_project()	the namespaces in which pid 1 is born, if there are any
 *	gateway_give_project()	else those that the caller has made
 *	gateway_give_box()	pid 1: the network lasts as long as one of its boxes
 *	gateway_wait()		the network is up
 *
 * A box that is to have a network of its own in the project, as a service, gives its name: whoever
 * starts boxes sets boot_request.network (start/boot.h) and nothing more. It has a loopback of its
 * own, all ports to itself, and an address from 10.0.2.128 on (struct started_box), which a service
 * of that name keeps as long as the project has any box. The project's boxes and other services
 * reach it by that and by its name, which the gateway answers for; no other project does. It
 * reaches them, the project's boxes at 10.0.2.15.
 */
#ifndef LAUNCH_GATEWAY_H
#define LAUNCH_GATEWAY_H

#include <stdbool.h>

#include "base/err.h"
#include "gateway/contract.h"
#include "gateway/link.h"
#include "launch/plan.h"
#include "launch/project.h"
#include "netpolicy/journal.h"
#include "netpolicy/netpolicy.h"

/* What the names of holders' sockets begin with, and of their journals. */
#define GATEWAY_SOCKET	 "net-"
#define GATEWAY_JOURNAL	 NET_JOURNAL_NAME GATEWAY_SOCKET
#define GATEWAY_REFUSALS NET_REFUSALS_NAME GATEWAY_SOCKET

struct gateway_place {
	const char *program;
	const char *directory; /* the runtime directory, which ends with the boot */
	const char *socket;    /* the holder's name in it: one a project */
	const char *network;   /* "": the one that the project's boxes share; else its name */
	const char *box;       /* the id of the box that joins */
	const struct netpolicy *policy;	   /* of that network: the same for all its boxes */
	const struct gateway_links *links; /* other projects that it names */
	struct network_aliases aliases;	   /* other names of that network in its project */
	bool alone;			   /* no other box has that holder: it is to be started */
	bool forward;			   /* what listens in it appears on the host */
	bool publishes;			   /* ports: by gateway_publish() */
	enum gateway_driver driver;	   /* what is to carry its traffic */
};

/* What it points to must live as long as it is used. */
struct gateway_link {
	struct gateway_place place;
	int fd;	     /* the connection: closing it before gateway_give_box() gives up the network */
	bool founds; /* we have started the holder */
	struct err note; /* of code 0: what the user must know of the network; "": nothing */
};

#define GATEWAY_LINK_INIT ((struct gateway_link){.fd = -1})

/* Does not wait for the holder. */
int gateway_join(const struct gateway_place *place, struct gateway_link *ret, struct err *e);

/*
 * *ret is the caller's. What it lacks (-1) the caller is to make, by project_enter(): others wait for
 * that. Joins again if the holder has just ended.
 */
int gateway_project(struct gateway_link *link, struct project *ret, struct err *e);

/* They stay the caller's. If the holder has ended, gateway_wait() tells why. */
int gateway_give_project(const struct gateway_link *link, const struct project *p, struct err *e);

/*
 * What comes in by a socket of the host, or at 127.0.0.1 of the project's boxes if there is no
 * socket, goes to that port of the box, while that lives. Between
 * gateway_project() and gateway_give_box(). The socket stays the caller's.
 */
int gateway_publish(const struct gateway_link *link, const struct plan_port *port, struct err *e);

/* If the holder has ended, gateway_wait() tells why. */
int gateway_give_box(const struct gateway_link *link, int pidfd, struct err *e);

/* Removes from a runtime directory the sockets and journals of holders that were killed. */
void gateway_sweep(int runtime_fd);

/* *ret_number: the box's address is 10.0.2.NUMBER. Sets link->note. */
int gateway_wait(struct gateway_link *link, unsigned *ret_number, struct err *e);

#endif
