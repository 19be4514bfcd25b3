/*
 * unset.h - what to do about a word that would be empty because a variable has no value.
 */
#ifndef BUILD_UNSET_H
#define BUILD_UNSET_H

#include "build/dockerfile.h"
#include "build/instruction.h"
#include "build/variables.h"

/* Is it an ARG, or ONBUILD ARG, of this name? */
bool unset_declares(const struct instruction *in, const char *name);

/*
 * "X has no value; give it one with --build-arg X=VALUE", or where an ARG must stand before. stage:
 * the FROM of the stage that the word on this line belongs to; NULL: it is of a FROM itself.
 */
char *unset_help(const struct dockerfile *file, const struct instruction *stage, size_t line,
		 const char *word, const struct variables *vars);

#endif
