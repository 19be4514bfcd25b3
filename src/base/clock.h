/*
 * clock.h - a clock that never goes back (CLOCK_MONOTONIC), in milliseconds since an arbitrary
 * point.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <time.h>

long long clock_ms(void);

/* Another clock of clock_gettime(2), in milliseconds. */
long long clock_ms_of(clockid_t clock);

/* Waits for input on fd by poll(2), at most until clock_ms() reaches deadline_ms; -1: no limit. */
bool clock_wait_readable(int fd, long long deadline_ms);

#endif
