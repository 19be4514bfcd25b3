/*
 * jsonc.h - turns JSON with comments, as used for configuration, into JSON.
 */
#ifndef IMAGE_DOCUMENT_JSONC_H
#define IMAGE_DOCUMENT_JSONC_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Appends text with comments and trailing commas replaced by blanks: lines and columns stay the
 * same. Other syntax errors are left to the JSON parser.
 */
void jsonc_strip(const char *text, size_t len, struct buf *out);

#endif
