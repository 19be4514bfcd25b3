/*
 * junit.c - writing JUnit XML. Output of a box is escaped, and what an XML 1.0 document cannot
 * contain (section 2.2) becomes U+FFFD.
 */
#include "cli/junit.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

#define TAIL_MAX 65536 /* of a log */

static void add_escaped(struct buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '<')
			buf_addstr(b, "&lt;");
		else if (c == '>')
			buf_addstr(b, "&gt;");
		else if (c == '&')
			buf_addstr(b, "&amp;");
		else if (c == '"')
			buf_addstr(b, "&quot;");
		else if ((c < ' ' && c != '\n' && c != '\t') || c > '~')
			buf_addstr(b, "&#xFFFD;");
		else
			buf_addch(b, (char)c);
	}
}

static void add_attribute(struct buf *b, const char *name, const char *value)
{
	buf_addf(b, " %s=\"", name);
	add_escaped(b, value, __builtin_strlen(value));
	buf_addch(b, '"');
}

static void add_log(struct buf *b, const char *path)
{
	cleanup_buf struct buf tail = BUF_INIT;

	file_read_end(path, TAIL_MAX, &tail);
	add_escaped(b, tail.data, tail.len);
}

static void add_case(struct buf *b, const struct matrix_row *row, const char *class)
{
	const char *kind = row->status == 125 ? "error" : "failure";

	buf_addstr(b, "  <testcase");
	add_attribute(b, "classname", class);
	add_attribute(b, "name", row->name);
	buf_addf(b, " time=\"%.3f\">\n", row->seconds);
	if (!row->done)
		buf_addstr(b, "    <skipped/>\n");
	else if (row->status != 0)
		buf_addf(b, "    <%s message=\"status %d\"/>\n", kind, row->status);
	buf_addstr(b, "    <system-out>");
	if (row->done)
		add_log(b, row->log);
	buf_addstr(b, "</system-out>\n  </testcase>\n");
}

int junit_write(const struct matrix *m, const char *name, const char *path, struct err *e)
{
	cleanup_buf struct buf b = BUF_INIT;
	size_t failures = 0, errors = 0, skipped = 0;

	for (size_t i = 0; i < m->n; i++) {
		skipped += !m->v[i].done;
		errors += m->v[i].done && m->v[i].status == 125;
		failures += m->v[i].done && m->v[i].status != 0 && m->v[i].status != 125;
	}
	buf_addstr(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite");
	add_attribute(&b, "name", name);
	buf_addf(&b, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n", m->n,
		 failures, errors, skipped);
	for (size_t i = 0; i < m->n; i++)
		add_case(&b, &m->v[i], name);
	buf_addstr(&b, "</testsuite>\n");
	return file_write_atomic(AT_FDCWD, path, b.data, b.len, 0644, e);
}

int junit_check(const char *path, struct err *e)
{
	cleanup_free char *dir = xstrndup(path, (size_t)(path_basename(path) - path));

	if (access(*dir ? dir : ".", W_OK | X_OK) < 0)
		return err_sys(e, errno, "cannot write '%s'", path);
	return 0;
}
