/*
 * arguments.h - the line of an instruction, split into its flags and arguments.
 */
#ifndef BUILD_ARGUMENTS_H
#define BUILD_ARGUMENTS_H

#include "base/err.h"
#include "build/instruction.h"

/*
 * Reads the line into *ret: all but the numbers of lines and the here-documents. ERR_USAGE names
 * what is unknown or missing.
 */
int arguments_read(const char *line, char escape, struct instruction *ret, struct err *e);

#endif
