/*
 * json_line.h - which line of a JSON text a value is on, for messages: jansson does not say.
 */
#ifndef IMAGE_DOCUMENT_JSON_LINE_H
#define IMAGE_DOCUMENT_JSON_LINE_H

#include <stddef.h>

/*
 * The line, from 1, on which the value of a member of the outermost object begins, in valid JSON;
 * with member, the value of that member of it; of an array its item number `item`, from 0, unless
 * that is negative. 0: there is no such value. Of equal names the last one counts.
 */
unsigned int json_line(const char *text, size_t len, const char *key, const char *member,
		       long item);

#endif
