/*
 * clock.h - time that only goes forward (CLOCK_MONOTONIC), in milliseconds since some point of the past.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>

long long clock_ms(void);

/* poll(2) for input on one descriptor until clock_ms() is deadline_ms, -1: for ever. */
bool clock_wait_readable(int fd, long long deadline_ms);

#endif
