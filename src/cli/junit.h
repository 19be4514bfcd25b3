/*
 * junit.h - the results of a matrix as JUnit XML, which CI systems read.
 */
#ifndef CLI_JUNIT_H
#define CLI_JUNIT_H

#include "base/err.h"
#include "flow/matrix.h"

/*
 * Writes the file at path, whole or not at all: one test case an environment, of class `name`, with
 * the end of its output. A command that failed is a failure, one that could not be run an error.
 */
int junit_write(const struct matrix *m, const char *name, const char *path, struct err *e);

/* Can a file be written at path? Checked before the commands run, which may take an hour. */
int junit_check(const char *path, struct err *e);

#endif
