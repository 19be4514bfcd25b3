/*
 * log.h - warnings, notes and debug lines. They go to the report of the process (report.h).
 *
 * Errors are not logged: they are passed up as `struct err` and printed once, by main().
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));  /* not if quiet */
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* SANDBOX_DEBUG=1 */

#endif
