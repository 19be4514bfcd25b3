/*
 * channel.h - messages of fixed size between the launcher, the gateway and its parent.
 */
#ifndef GATEWAY_CHANNEL_H
#define GATEWAY_CHANNEL_H

#include <stddef.h>
#include <sys/types.h>

#define CHANNEL_FDS 2 /* descriptors of a message */

/* Sends a message with n_fds descriptors on a SOCK_SEQPACKET socket; 0 or -errno. */
int channel_send(int socket, const void *data, size_t size, const int *fds, size_t n_fds);

/*
 * Receives a message of at most size bytes. The descriptors, CHANNEL_FDS, are close-on-exec and the
 * caller's; -1 for those that were not sent. Returns its length, 0 at the end of the connection, or
 * -errno.
 */
ssize_t channel_receive(int socket, void *data, size_t size, int *ret_fds);

#endif
