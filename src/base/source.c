/*
 * source.c - descriptors as sources.
 */
#include "base/source.h"

#include <errno.h>
#include <unistd.h>

ssize_t source_read_fd(void *ctx, void *buf, size_t size, struct err *e)
{
	ssize_t n;

	do
		n = read(*(int *)ctx, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_sys(e, errno, "cannot read it") : n;
}
