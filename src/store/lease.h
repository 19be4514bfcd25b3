/*
 * lease.h - the locks between commands that work in the data directory.
 *
 *	DATA/image.lock		the lease: shared while a command makes or uses images and layers,
 *				exclusive while one removes unused ones
 *	DATA/<file>		a byte for each piece of work: the second command to need it waits,
 *				then finds it done
 */
#ifndef STORE_LEASE_H
#define STORE_LEASE_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Opens the lease without taking it; read-only on a read-only file system. data_fd: the data
 * directory; path: its name for messages.
 */
int store_lease_open(int data_fd, const char *path, int *ret_fd, struct err *e);

/*
 * Takes the open lease shared; waits while another command has it exclusive, timeout_ms at most
 * (-EBUSY), -1: as long as it takes. Also downgrades.
 */
int store_lease_share(int lease, const char *path, int timeout_ms, struct err *e);

/* Takes it exclusive, waiting timeout_ms at most; false: it is in use, and ours is shared again. */
bool store_lease_take_alone(int lease, int timeout_ms);

/* Opens it and takes it shared. */
int store_lease(int data_fd, const char *path, int *ret_fd, struct err *e);

/*
 * A lock for one piece of work: the byte of DATA/<file> at the offset that the first 15 digits of
 * key give, which is hexadecimal. So no lock file is left to remove; two keys with the same byte
 * only wait for each other. busy is called before waiting. stop, unless NULL, is called after a
 * signal: true ends the wait.
 */
struct store_work {
	const char *file, *key;
	void (*busy)(void);
	bool (*stop)(void);
};
int store_work_lock(int data_fd, const char *path, const struct store_work *work, int *ret_fd,
		    struct err *e);

#endif
