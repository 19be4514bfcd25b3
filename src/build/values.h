/*
 * values.h - checks of values in a Dockerfile whose variables are replaced. Each is ERR_USAGE with
 * what is meant.
 */
#ifndef BUILD_VALUES_H
#define BUILD_VALUES_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"

/* "true", "false", "1" ... as Go's strconv.ParseBool. */
int values_bool(const char *what, const char *text, bool *ret, struct err *e);

/* Go's time.ParseDuration, "1m30s": 0, or at least a millisecond. */
int values_duration(const char *what, const char *text, struct err *e);

int values_count(const char *what, const char *text, struct err *e);

/* An octal number up to 07777, or chmod(1)'s letters. */
int values_chmod(const char *text, struct err *e);

/* USER[:GROUP], names or numbers. */
int values_chown(const char *text, struct err *e);

/* PORT[-PORT][/PROTOCOL] */
int values_port(const char *text, struct err *e);

/* A name with or without SIG, or a number. */
int values_signal(const char *text, struct err *e);

/* ALGORITHM:HEX */
int values_checksum(const char *text, struct err *e);

/* Bytes with a unit, as Docker writes them: 64m, 1.5GB. */
int values_size(const char *what, const char *text, struct err *e);

/* OS/ARCH[/VARIANT], OS or ARCH alone; in Go's names. The caller frees *ret. */
int values_platform(const char *text, char **ret, struct err *e);

#endif
