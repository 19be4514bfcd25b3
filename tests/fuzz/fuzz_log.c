/*
 * fuzz_log.c - any bytes as the log of a box: each line is reported once, with a source and a text
 * that are inside it, and the last ones are those of all.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "box/box_log_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	size_t lines, bytes;
};

static void see(const struct box_log_line *line, void *arg)
{
	struct seen *seen = arg;
	char *copy = malloc(line->len + 1);

	if (!copy || memchr(line->text, '\n', line->len) || strchr(line->source, '\n'))
		abort();
	memcpy(copy, line->text, line->len);
	seen->lines++;
	seen->bytes += line->len + strlen(line->source);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char dir[] = "/tmp/fuzz-log-XXXXXX";
	static int dirfd = -1;
	size_t newlines = 0;

	if (dirfd < 0 && (!mkdtemp(dir) || (dirfd = open(dir, O_PATH | O_DIRECTORY)) < 0))
		abort();
	for (size_t i = 0; i < size; i++)
		newlines += data[i] == '\n';
	for (long tail = -1; tail < 3; tail++) {
		cleanup_box_log_reader struct box_log_reader reader = BOX_LOG_READER_INIT;
		struct box b = {.dir_fd = dirfd};
		struct seen seen = {0};
		struct err e;
		int fd = openat(dirfd, "log", O_WRONLY | O_CREAT | O_TRUNC, 0600);

		if (fd < 0 || write_all(fd, data, size) < 0)
			abort();
		close(fd);
		if (box_log_reader_open(&b, tail, &reader, see, &seen, &e) < 0 || seen.bytes > size)
			abort();
		if (tail < 0 ? seen.lines != newlines : seen.lines > (size_t)tail)
			abort();
		if (box_log_reader_more(&reader, see, &seen, &e) < 0)
			abort();
	}
	return 0;
}
