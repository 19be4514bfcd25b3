/*
 * quote_table.h - ranges of characters, ascending. For quote.c only.
 */
#ifndef BASE_QUOTE_TABLE_H
#define BASE_QUOTE_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct char_range {
	uint32_t first, last;
};

extern const struct char_range quote_hidden[], quote_marks[];
extern const size_t quote_n_hidden, quote_n_marks;

#endif
