/*
 * rest.h - waiting for long, in little memory.
 */
#ifndef BASE_REST_H
#define BASE_REST_H

#include <poll.h>
#include <stddef.h>

/*
 * poll(2). After a second without an event, gives back to the kernel what the process has used and
 * no longer needs: the stack below the caller, and free pages of the heap. For the processes that
 * wait as long as a box runs. Only for the process's first thread.
 */
int rest_poll(struct pollfd *fds, nfds_t n, int timeout_ms);

/* For those who wait by other means: how long without an event, and what is then given back. */
#define REST_QUIET_MS 1000
void rest_give_back(void);

/* The whole pages of a buffer whose bytes nobody needs any more. They are 0 afterwards. */
void rest_give_back_buffer(void *data, size_t size);

/* The stack below the caller, of a thread that has as many bytes of it left. */
void rest_give_back_stack(size_t size);

#endif
