/*
 * progress_row.c - see progress_row.h.
 */
#include "cli/image/progress_row.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/usage.h"

#define BAR_MAX 40

void progress_row_format(const struct progress_row *row, int width, char *buf, size_t size)
{
	uint64_t done = row->done < row->total ? row->done : row->total;
	char head[96], tail[48], bar[BAR_MAX + 1];
	int room, full;

	snprintf(head, sizeof(head), "%s  %-10s", row->label, row->word);
	snprintf(tail, sizeof(tail), "%9s / %s", size_text(done).s, size_text(row->total).s);
	room = width - (int)strlen(head) - (int)strlen(tail) - 6;
	if (room > BAR_MAX)
		room = BAR_MAX;
	if (room < 5 || !row->total) {
		snprintf(buf, size, "%.*s", width > 0 ? width : 0, head);
		return;
	}
	full = (int)((double)done / (double)row->total * room);
	memset(bar, '#', (size_t)full);
	memset(bar + full, '.', (size_t)(room - full));
	bar[room] = '\0';
	snprintf(buf, size, "%s  [%s]  %s", head, bar, tail);
}
