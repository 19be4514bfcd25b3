/*
 * etc_text.c - required entries of files in /etc.
 *
 * The files come from an image or were written by code in a box: no format is assumed, and lines
 * that are not understood are kept.
 */
#include "base/etc_text.h"

#include <string.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define HOSTS_BEGIN "# Written by sandbox at each session, up to the end mark.\n"
#define HOSTS_END   "# End of what sandbox writes.\n"

/*
 * The n-th field (from 0) of a colon-separated line. *len is its length, -1 if there is no such
 * field.
 */
static const char *field(const char *line, const char *end, int n, ssize_t *len)
{
	const char *colon;

	for (; n > 0; n--) {
		line = memchr(line, ':', (size_t)(end - line));
		if (!line) {
			*len = -1;
			return NULL;
		}
		line++;
	}
	colon = memchr(line, ':', (size_t)(end - line));
	*len = (colon ? colon : end) - line;
	return line;
}

static bool same_field(const char *line, const char *end, const char *entry, int n)
{
	ssize_t a, b;
	const char *x = field(line, end, n, &a), *y = field(entry, entry + strlen(entry), n, &b);

	return a > 0 && a == b && memcmp(x, y, (size_t)a) == 0;
}

static const char *line_end(const char *line, const char *end)
{
	const char *newline = memchr(line, '\n', (size_t)(end - line));

	return newline ? newline : end;
}

/* The first line whose n-th field equals entry's; its end in *ret_end. */
static const char *find_line(const struct buf *text, const char *entry, int n, const char **ret_end)
{
	const char *end = text->data + text->len, *stop;

	for (const char *line = text->data; line < end; line = stop + 1) {
		stop = line_end(line, end);
		if (*line != '#' && same_field(line, stop, entry, n)) {
			*ret_end = stop;
			return line;
		}
	}
	return NULL;
}

static void append_line(const struct buf *text, const char *line, struct buf *ret)
{
	buf_add(ret, text->data, text->len);
	if (text->len && text->data[text->len - 1] != '\n')
		buf_addch(ret, '\n');
	buf_addf(ret, "%s\n", line);
}

/*
 * Compares the name (field 0), the id (field 2), and the fields listed in `others`, which ends with
 * 0.
 */
static bool has_entry(const struct buf *text, const char *entry, bool only_id, const int *others,
		      struct buf *ret)
{
	const char *end, *by_id = find_line(text, entry, 2, &end);
	const char *ignored, *by_name = find_line(text, entry, 0, &ignored);
	bool right = by_id && (only_id || by_id == by_name);

	for (; right && !only_id && *others; others++)
		right = same_field(by_id, end, entry, *others);
	if (right)
		return true;
	if (by_id || by_name) {
		buf_addf(ret, "%s\n", entry);
		buf_add(ret, text->data, text->len);
	} else {
		append_line(text, entry, ret);
	}
	return false;
}

bool etc_text_passwd(const struct buf *text, const char *line, bool only_uid, struct buf *ret)
{
	return has_entry(text, line, only_uid, (const int[]){3, 5, 0}, ret);
}

bool etc_text_group(const struct buf *text, const char *line, bool only_gid, struct buf *ret)
{
	return has_entry(text, line, only_gid, (const int[]){0}, ret);
}

bool etc_text_root(const struct buf *text, const char *line, struct buf *ret)
{
	const char *ignored;

	if (find_line(text, line, 2, &ignored))
		return true;
	append_line(text, line, ret);
	return false;
}

static void add_block(const char *hostname, const char *others, struct buf *ret)
{
	const char *dot = strchr(hostname, '.');

	buf_addstr(ret, HOSTS_BEGIN "127.0.0.1\tlocalhost\n::1\tlocalhost\n");
	buf_addf(ret, "127.0.1.1\t%s", hostname);
	if (dot && dot > hostname)
		buf_addf(ret, "\t%.*s", (int)(dot - hostname), hostname);
	buf_addf(ret, "\n%s" HOSTS_END, others ? others : "");
}

/* Written by a version without marks, which wrote a missing file whole. */
static bool is_old(const struct buf *text)
{
	static const char begin[] = "127.0.0.1\tlocalhost\n127.0.1.1\t",
			  end[] = "\n::1\tlocalhost\n";

	return starts_with(text->data, begin) && ends_with(text->data, end) &&
	       strlen(text->data) == text->len &&
	       strcspn(text->data + strlen(begin), "\n") + strlen(begin) + strlen(end) == text->len;
}

void etc_text_hosts_rest(const struct buf *text, struct buf *ret)
{
	const char *begin, *end;

	if (is_old(text))
		return;
	begin = memmem(text->data, text->len, HOSTS_BEGIN, strlen(HOSTS_BEGIN));
	end = begin ? memmem(begin, (size_t)(text->data + text->len - begin), HOSTS_END,
			     strlen(HOSTS_END))
		    : NULL;
	if (!end) {
		buf_add(ret, text->data, text->len);
		return;
	}
	end += strlen(HOSTS_END);
	buf_add(ret, text->data, (size_t)(begin - text->data));
	buf_add(ret, end, (size_t)(text->data + text->len - end));
}

bool etc_text_hosts(const struct buf *text, const char *hostname, const char *others,
		    struct buf *ret)
{
	cleanup_buf struct buf rest = BUF_INIT, all = BUF_INIT;

	etc_text_hosts_rest(text, &rest);
	add_block(hostname, others, &all);
	buf_add(&all, rest.data, rest.len);
	if (all.len == text->len && memcmp(all.data, text->data, all.len) == 0)
		return true;
	buf_add(ret, all.data, all.len);
	return false;
}

/* Are all names of the line localhost? */
static bool is_localhost(const char *line, size_t n)
{
	cleanup_free char *copy = xstrndup(line, n);
	char *save = NULL, *word = strtok_r(copy, " \t", &save);

	while ((word = strtok_r(NULL, " \t", &save)))
		if (!starts_with(word, "localhost"))
			return false;
	return true;
}

void etc_text_hosts_lines(const char *text, struct buf *ret)
{
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n"), used = strcspn(line, "#\r\n"), blank;

		blank = strspn(line, " \t");
		if (blank < used && !is_localhost(line, used))
			buf_addf(ret, "%.*s\n", (int)used, line);
		line += n + (line[n] == '\n');
	}
}

/* The offset of word in a list of services; -1 if it is not there. */
static ssize_t find_word(const char *line, size_t n, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i + len <= n; i++)
		if (memcmp(line + i, word, len) == 0 && (i == 0 || strchr(" \t", line[i - 1])) &&
		    (i + len == n || strchr(" \t\r[#", line[i + len])))
			return (ssize_t)i;
	return -1;
}

/* The text after "NAME:" of a line, or NULL if the line has another name. */
static const char *services(const char *line, const char *end, const char *name)
{
	size_t n = strlen(name);

	while (line < end && (*line == ' ' || *line == '\t'))
		line++;
	if ((size_t)(end - line) <= n || memcmp(line, name, n) != 0)
		return NULL;
	for (line += n; line < end && (*line == ' ' || *line == '\t'); line++)
		;
	return line < end && *line == ':' ? line + 1 : NULL;
}

/* Are files looked up, and for hosts before any server? */
static bool asks_files(const char *name, const char *list, size_t n)
{
	ssize_t files = find_word(list, n, "files"), dns = find_word(list, n, "dns");

	if (streq(name, "hosts"))
		return files >= 0 && (dns < 0 || files < dns);
	return files >= 0 || find_word(list, n, "compat") >= 0;
}

/* The list of a line that does not look up files. Sets *hosts if it is the line of hosts. */
static const char *wrong_list(const char *line, const char *end, bool *hosts)
{
	static const char *const names[] = {"passwd", "group", "hosts"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *list = services(line, end, names[i]);

		if (!list)
			continue;
		*hosts |= streq(names[i], "hosts");
		return asks_files(names[i], list, (size_t)(end - list)) ? NULL : list;
	}
	return NULL;
}

bool etc_text_nsswitch(const struct buf *text, struct buf *ret)
{
	const char *end = text->data + text->len, *stop;
	bool right = true, hosts = false;

	for (const char *line = text->data; line < end; line = stop + 1) {
		const char *list;

		stop = line_end(line, end);
		list = wrong_list(line, stop, &hosts);
		if (list) {
			right = false;
			buf_add(ret, line, (size_t)(list - line));
			buf_addstr(ret, *list == ' ' || *list == '\t' ? " files" : " files ");
			line = list;
		}
		buf_add(ret, line, (size_t)(stop - line));
		if (stop < end)
			buf_addch(ret, '\n');
	}
	/* Without a hosts line, old versions of glibc ask servers first. */
	if (!hosts) {
		right = false;
		if (ret->len && ret->data[ret->len - 1] != '\n')
			buf_addch(ret, '\n');
		buf_addstr(ret, "hosts: files dns\n");
	}
	if (right)
		buf_reset(ret);
	return right;
}
