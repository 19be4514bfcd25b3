/*
 * box_log_read.c - reading the log of a box, from the beginning or the end, and following it.
 *
 * The two files are renamed while they are read. The output of a box is not trusted: a line is
 * split at its first two blanks, and whoever displays its text makes it printable.
 */
#include "box/box_log_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "box/box_log.h"

void box_log_reader_clear(struct box_log_reader *r)
{
	close_fd(&r->file);
	buf_free(&r->rest);
}

static int open_part(int dir, const char *name, int *ret_fd, struct err *e)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT)
		return err_sys(e, errno, "cannot open the box's '%s'", name);
	*ret_fd = fd;
	return 0;
}

/* data is a line; its newline is overwritten by a NUL. */
static void tell(char *data, size_t len, box_log_line_fn *fn, void *arg)
{
	char *end = data + len - 1, *source = memchr(data, ' ', len), *text = NULL;
	struct box_log_line line = {.source = "", .text = data, .len = len - 1};

	*end = '\0';
	if (source)
		text = memchr(source + 1, ' ', (size_t)(end - source - 1));
	/* A partial line, after a crash, is shown as it is. */
	if (text && data[0] >= '0' && data[0] <= '9') {
		*text = '\0';
		line.time = strtoll(data, NULL, 10);
		line.source = source + 1;
		line.text = text + 1;
		line.len = (size_t)(end - line.text);
	}
	fn(&line, arg);
}

/* All whole lines of the buffer; the rest stays in it. */
static void tell_lines(struct buf *b, box_log_line_fn *fn, void *arg)
{
	char *start = b->data, *end = b->data + b->len, *newline;
	cleanup_buf struct buf rest = BUF_INIT;

	while (start < end && (newline = memchr(start, '\n', (size_t)(end - start)))) {
		tell(start, (size_t)(newline + 1 - start), fn, arg);
		start = newline + 1;
	}
	buf_add(&rest, start, (size_t)(end - start));
	buf_reset(b);
	buf_add(b, rest.data, rest.len);
}

size_t box_log_tail(const struct buf *b, long n)
{
	size_t at = b->len;

	for (long seen = 0; at > 0; at--)
		if (b->data[at - 1] == '\n' && seen++ == n)
			break;
	return at;
}

static int read_all(int fd, struct buf *out, struct err *e)
{
	char data[65536];
	ssize_t n;

	while ((n = read(fd, data, sizeof(data))) > 0)
		buf_add(out, data, (size_t)n);
	return n < 0 ? err_sys(e, errno, "cannot read the box's log") : 0;
}

int box_log_reader_open(const struct box *b, long tail, struct box_log_reader *ret,
			box_log_line_fn *fn, void *arg, struct err *e)
{
	cleanup_close int older = -1, newer = -1;
	cleanup_buf struct buf all = BUF_INIT;
	int r = 0;

	/* The newer one first; if it has become the older one meanwhile, try again. */
	do {
		close_fd(&newer);
		close_fd(&older);
		r = open_part(b->dir_fd, BOX_LOG, &newer, e);
		if (r == 0)
			r = open_part(b->dir_fd, BOX_LOG_OLDER, &older, e);
	} while (r == 0 && newer >= 0 && older >= 0 && file_is_at(newer, b->dir_fd, BOX_LOG_OLDER));
	if (r == 0 && older >= 0)
		r = read_all(older, &all, e);
	if (r == 0 && newer >= 0)
		r = read_all(newer, &all, e);
	if (r < 0)
		return r;
	ret->dir = b->dir_fd;
	ret->file = take_fd(&newer);
	if (tail >= 0) {
		size_t from = box_log_tail(&all, tail);

		buf_add(&ret->rest, all.data + from, all.len - from);
	} else {
		buf_add(&ret->rest, all.data, all.len);
	}
	tell_lines(&ret->rest, fn, arg);
	return 0;
}

int box_log_reader_more(struct box_log_reader *r, box_log_line_fn *fn, void *arg, struct err *e)
{
	bool renamed = r->file >= 0 && !file_is_at(r->file, r->dir, BOX_LOG);
	int result = r->file >= 0 ? read_all(r->file, &r->rest, e) : 0;

	if (result == 0 && (renamed || r->file < 0)) {
		close_fd(&r->file);
		result = open_part(r->dir, BOX_LOG, &r->file, e);
		if (result == 0 && r->file >= 0)
			result = read_all(r->file, &r->rest, e);
	}
	if (result == 0)
		tell_lines(&r->rest, fn, arg);
	return result;
}
