/*
 * gateway_main.c - sandbox-gateway: keeps the networks of a project and carries their traffic.
 *
 * A program of its own, so that what reads the box's packets has nothing of the launcher in its
 * memory: no settings, no environment, no open file. `sandbox` starts it; see gateway/contract.h.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/contract.h"
#include "gateway/holder.h"

int main(void)
{
	if (fcntl(GATEWAY_CACHE_FD, F_GETFD) < 0) {
		fprintf(stderr, "%s: it is started by sandbox, for a box with network = gateway\n",
			GATEWAY_PROGRAM);
		return 125;
	}
	/* Not exit(3): a sanitizer looks for leaks then, and cannot trace what is not dumpable. */
	_exit(holder_run());
}
