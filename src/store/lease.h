/*
 * lease.h - what commands that are at work in the data directory hold against each other.
 *
 *	DATA/image.lock		the lease: shared by who makes or uses images and layers, exclusive by who
 *				removes what nobody needs
 *	DATA/<file>		one byte for each piece of work: who comes second waits, and finds it done
 */
#ifndef STORE_LEASE_H
#define STORE_LEASE_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Opens the lease, without holding it; where nothing can be written, to be read. data_fd: the data directory;
 * path: its name for messages.
 */
int store_lease_open(int data_fd, const char *path, int *ret_fd, struct err *e);

/* Takes the open lease, shared: waits for who removes. Also makes an exclusive one a shared one. */
int store_lease_share(int lease, const char *path, struct err *e);

/* Takes it alone, waiting timeout_ms at most; false: another command is at work, and it is shared again. */
bool store_lease_take_alone(int lease, int timeout_ms);

/* Both in one. */
int store_lease(int data_fd, const char *path, int *ret_fd, struct err *e);

/*
 * Takes the byte of DATA/<file> that the hexadecimal key stands for: its first 15 digits, so that no file has to be
 * cleared away. Two keys of one byte wait for each other, and no more. busy is called when it has to wait, and
 * stop, unless NULL, whether a signal ends that.
 */
struct store_work {
	const char *file, *key;
	void (*busy)(void);
	bool (*stop)(void);
};
int store_work_lock(int data_fd, const char *path, const struct store_work *work, int *ret_fd,
		    struct err *e);

#endif
