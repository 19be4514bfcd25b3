/*
 * clock.c - see clock.h.
 */
#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

long long clock_ms_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

long long clock_ms(void)
{
	return clock_ms_of(CLOCK_MONOTONIC);
}

bool clock_wait_readable(int fd, long long deadline_ms)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	long long left = -1;
	int r;

	do {
		if (deadline_ms >= 0) {
			left = deadline_ms - clock_ms();
			left = left < 0 ? 0 : left > INT_MAX ? INT_MAX : left;
		}
		r = poll(&pfd, 1, (int)left);
	} while (r < 0 && errno == EINTR);
	return r > 0;
}
