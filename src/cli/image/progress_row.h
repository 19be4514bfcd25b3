/*
 * progress_row.h - formats one row of the progress display. For progress.c.
 */
#ifndef CLI_IMAGE_PROGRESS_ROW_H
#define CLI_IMAGE_PROGRESS_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRESS_ROW_MAX 512

struct progress_row {
	char label[40];
	const char *word; /* a constant */
	uint64_t done, total;
	bool finished;
};

/* "label  word  [#####.....]  45.2 MB / 120 MB", at most width bytes; ASCII. */
void progress_row_format(const struct progress_row *row, int width, char *buf, size_t size);

#endif
