/*
 * jsonc.h - JSON with comments, as people write configuration, into JSON.
 */
#ifndef IMAGE_DOCUMENT_JSONC_H
#define IMAGE_DOCUMENT_JSONC_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Appends text with comments, and commas before a closing bracket, made blanks: lines and columns stay.
 * What is no JSON even so is left to its parser.
 */
void jsonc_strip(const char *text, size_t len, struct buf *out);

#endif
