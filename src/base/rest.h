/*
 * rest.h - waiting for long, in little memory.
 */
#ifndef BASE_REST_H
#define BASE_REST_H

#include <poll.h>

/*
 * poll(2). After a second without an event, gives back to the kernel what the process has used and
 * no longer needs: the stack below the caller, and free pages of the heap. For the processes that
 * wait as long as a box runs. Only for the process's first thread.
 */
int rest_poll(struct pollfd *fds, nfds_t n, int timeout_ms);

#endif
