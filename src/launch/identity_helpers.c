/*
 * identity_helpers.c - children of the supervisor, so that it never blocks on anything but waiting
 * for calls.
 */
#include "launch/identity_helpers.h"

#include <unistd.h>

static size_t first_free(const struct helpers *h)
{
	size_t slot = 0;

	while (slot < MAX_HELPERS && h->pids[slot])
		slot++;
	return slot;
}

bool helpers_busy(const struct helpers *h)
{
	return first_free(h) == MAX_HELPERS;
}

pid_t helper_fork(struct helpers *h)
{
	size_t slot = first_free(h);
	pid_t pid = fork();

	if (pid > 0)
		h->pids[slot] = pid;
	return pid;
}

void helper_ended(struct helpers *h, pid_t pid)
{
	for (size_t i = 0; i < MAX_HELPERS; i++)
		if (h->pids[i] == pid)
			h->pids[i] = 0;
}
