/*
 * first_names.h - files with several names, and the first of them that was met.
 */
#ifndef BASE_FIRST_NAMES_H
#define BASE_FIRST_NAMES_H

#include <sys/stat.h>

/* Starts as NULL. */
struct first_names;

/*
 * The name under which the file was met before, which stays the list's; NULL if this is the first
 * one, which is remembered if the file has others.
 */
const char *first_names_of(struct first_names **list, const struct stat *st, const char *name);
void first_names_free(struct first_names **list);

#endif
