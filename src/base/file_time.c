/*
 * file_time.c - see file_time.h.
 */
#include "base/file_time.h"

bool file_time_is_before(const struct timespec *a, const struct timespec *b)
{
	/* It may be the last moment of that second. */
	return a->tv_sec < b->tv_sec ||
	       (a->tv_sec == b->tv_sec && a->tv_nsec && a->tv_nsec < b->tv_nsec);
}

bool file_time_is_fresh(const struct timespec *t, const struct timespec *now)
{
	/* One that lies far ahead is not what a change gives. */
	return !t->tv_nsec && now->tv_sec - t->tv_sec <= FILE_TIME_COARSE_S &&
	       t->tv_sec - now->tv_sec <= FILE_TIME_COARSE_S;
}

bool file_time_is_fresh_now(const struct timespec *t)
{
	struct timespec now;

	if (t->tv_nsec)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	return file_time_is_fresh(t, &now);
}

void file_time_add(const struct timespec *t, struct buf *out)
{
	struct timespec now;

	buf_addf(out, "%lld.%09ld", (long long)t->tv_sec, t->tv_nsec);
	if (t->tv_nsec)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	if (file_time_is_fresh(t, &now))
		buf_addf(out, "+%lld.%09ld", (long long)now.tv_sec, now.tv_nsec);
}
