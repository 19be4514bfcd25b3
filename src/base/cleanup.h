/*
 * cleanup.h - the one cleanup convention.
 *
 * A local that owns something is declared with one of these attributes and starts out empty
 * (-1 or NULL); it is released on every way out of the scope. take_fd() and take_ptr() move the
 * ownership to the caller:
 *
 *	cleanup_close int fd = -1;
 *	...
 *	*ret_fd = take_fd(&fd);
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void close_fdp(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void free_ptrp(void *p)
{
	free(*(void **)p);
}

static inline void fclose_filep(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define cleanup_close  __attribute__((cleanup(close_fdp)))
#define cleanup_free   __attribute__((cleanup(free_ptrp)))
#define cleanup_fclose __attribute__((cleanup(fclose_filep)))

/* Moves a descriptor out of *fd and leaves -1 there. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Closes *fd if it is open and leaves -1. */
static inline void close_fd(int *fd)
{
	close_fdp(fd);
	*fd = -1;
}

/* Moves a pointer out of p and leaves NULL there. */
#define take_ptr(p)                         \
	({                                  \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})

#endif
