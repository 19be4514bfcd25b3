/*
 * servers.h - the host's name servers and its hosts(5), and when they change.
 */
#ifndef GATEWAY_SERVERS_H
#define GATEWAY_SERVERS_H

#include <stdbool.h>

#include "gateway/contract.h"

/* The lines `nameserver` of a resolv.conf(5). Scoped addresses, as fe80::1%eth0, are left out. */
void servers_parse(const char *text, struct gateway_servers *ret);

/* Those of /etc/resolv.conf; without any, the one on this machine, as resolver(3) has it. */
void servers_read(struct gateway_servers *ret);

/* A descriptor of the host's hosts(5), which the caller owns, or -1. */
int servers_open_hosts(void);

/* A descriptor that becomes readable when one of the files may have changed, or -1. */
int servers_watch(void);

/* Reads from it. True if one of them may have. */
bool servers_changed(int watch);

#endif
