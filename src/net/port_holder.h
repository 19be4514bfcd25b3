/*
 * port_holder.h - who has a port of the host.
 */
#ifndef NET_PORT_HOLDER_H
#define NET_PORT_HOLDER_H

#include <stdbool.h>
#include <stdint.h>

#define PORT_HOLDER_MAX 128

/*
 * A phrase for a message, such as "process 123 (nginx)". What cannot be found out, as of programs
 * of other users, is said in general words.
 */
const char *port_holder(bool udp, uint16_t port, char dst[static PORT_HOLDER_MAX]);

#endif
