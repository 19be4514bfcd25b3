/*
 * ini.c - libinih, fed line by line.
 *
 * libinih splits at '=' or ':', strips comments, knows sections and continued values. It hands out
 * no line numbers and mangles some input silently; the reader below sees each line first, so it
 * knows its number, and refuses
 *   - a line longer than the library's buffer, which would be cut into two lines;
 *   - a colon before the equals sign, which would end the key there;
 *   - a key that is indented under a section's header: the next one would continue its value;
 *   - text after ']', which would be dropped, and section names over the library's 49 bytes;
 *   - control characters, NUL among them, which would end the line early or reach a terminal.
 * A comment in a line that continues a value, which the library leaves in, is cut here.
 */
#include "config/ini.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"

/* MAX_SECTION of inih's ini.c, without the NUL. */
#define SECTION_MAX_LEN 49

struct reader {
	const char *pos, *end;
	const char *name;
	unsigned int line;
	bool continues; /* the line handed out last is indented and stands below a key */
	struct buf value;
	size_t cap, sections_cap;
	struct ini *ini;
	struct err *e;
	int r; /* the first error; nothing more is read after it */
};

static int refuse(struct reader *rd, const char *what)
{
	if (!rd->r)
		rd->r = err_set(rd->e, ERR_USAGE, "%s:%u: %s", rd->name, rd->line, what);
	return rd->r;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t skip_blanks(const char *s, size_t i, size_t len)
{
	while (i < len && is_blank(s[i]))
		i++;
	return i;
}

/* Where a comment begins, which is ';' after a blank, or len. */
static size_t find_comment(const char *s, size_t len)
{
	for (size_t i = 1; i < len; i++)
		if (s[i] == ';' && is_blank(s[i - 1]))
			return i;
	return len;
}

/* Ends the value that lines were being added to. */
static void finish_value(struct reader *rd)
{
	struct ini_entry *last = rd->ini->n ? &rd->ini->v[rd->ini->n - 1] : NULL;

	if (last && last->key && !last->value)
		last->value = xstrndup(rd->value.data, rd->value.len);
	buf_reset(&rd->value);
}

static int add_entry(struct reader *rd, const char *key)
{
	struct ini *ini = rd->ini;

	finish_value(rd);
	if (ini->n >= INI_MAX_ENTRIES)
		return refuse(rd, "too many keys: a file holds 4096 at most");
	if (ini->n == rd->cap) {
		rd->cap = rd->cap ? rd->cap * 2 : 32;
		ini->v = xrealloc(ini->v, rd->cap, sizeof(*ini->v));
	}
	ini->v[ini->n++] = (struct ini_entry){
		.section = ini->sections[ini->n_sections - 1],
		.key = xstrdup(key),
		.line = rd->line,
	};
	return 0;
}

static int add_section(struct reader *rd, const char *name, size_t len)
{
	struct ini *ini = rd->ini;

	if (ini->n_sections == rd->sections_cap) {
		rd->sections_cap = rd->sections_cap ? rd->sections_cap * 2 : 8;
		ini->sections = xrealloc(ini->sections, rd->sections_cap, sizeof(*ini->sections));
	}
	ini->sections[ini->n_sections++] = xstrndup(name, len);
	return add_entry(rd, NULL);
}

static int check_header(struct reader *rd, const char *s, size_t len)
{
	size_t comment = find_comment(s, len);
	const char *close = memchr(s, ']', comment);
	size_t after;

	if (!close)
		return refuse(rd, "missing ']' after the section's name");
	after = (size_t)(close - s) + 1;
	after = skip_blanks(s, after, comment);
	if (after < comment)
		return refuse(rd, "text after ']'");
	if (close - s - 1 > SECTION_MAX_LEN)
		return refuse(rd, "section name longer than 49 bytes");
	return add_section(rd, s + 1, (size_t)(close - s) - 1);
}

static int check_key(struct reader *rd, const char *s, size_t len)
{
	size_t comment = find_comment(s, len);
	const char *equals = memchr(s, '=', comment);
	const char *colon = memchr(s, ':', comment);

	if (colon && (!equals || colon < equals))
		return refuse(rd, equals ? "a colon before '=': a key cannot hold one"
					 : "a colon and no '=': write 'key = value'");
	if (!equals)
		return refuse(rd, "missing '=': write 'key = value'");
	if (equals == s)
		return refuse(rd, "missing key before '='");
	if (!rd->ini->n_sections)
		return refuse(rd, "a key before the first [section]");
	return 0;
}

/* Looks at one line, without its end, before the library does. */
static int check_line(struct reader *rd, const char *s, size_t len, size_t max)
{
	const struct ini *ini = rd->ini;
	bool below_key = ini->n && ini->v[ini->n - 1].key;
	size_t start;

	if (len > max)
		return rd->r = err_set(rd->e, ERR_USAGE,
				       "%s:%u: line longer than %zu bytes: continue the value on "
				       "the next line, indented",
				       rd->name, rd->line, max);
	for (size_t i = 0; i < len; i++)
		if (s[i] == '\0')
			return refuse(rd, "NUL byte: this is not a text file");
		else if (((unsigned char)s[i] < ' ' && s[i] != '\t') || s[i] == '\x7f')
			return refuse(rd, "control character");

	start = skip_blanks(s, 0, len);
	rd->continues = false;
	if (start == len || s[start] == ';' || s[start] == '#')
		return 0;
	if (start > 0 && below_key) {
		rd->continues = true;
		return 0;
	}
	if (start > 0)
		return refuse(rd, "indented: only a line that continues a value is");
	return *s == '[' ? check_header(rd, s, len) : check_key(rd, s, len);
}

/* libinih's reader: fgets() over the text, without line ends. */
static char *next_line(char *str, int num, void *stream)
{
	struct reader *rd = stream;
	const char *s = rd->pos, *nl;
	size_t len;

	if (rd->r || s == rd->end)
		return NULL;
	rd->line++;
	nl = memchr(s, '\n', (size_t)(rd->end - s));
	rd->pos = nl ? nl + 1 : rd->end;
	len = (size_t)((nl ? nl : rd->end) - s);
	if (len && s[len - 1] == '\r')
		len--;
	if (check_line(rd, s, len, (size_t)num - 1) < 0)
		return NULL;
	memcpy(str, s, len);
	str[len] = '\0';
	return str;
}

/* libinih's handler. Section and, for a continued value, key may be cut: the reader knows better. */
static int take_pair(void *user, const char *section, const char *key, const char *value)
{
	struct reader *rd = user;
	size_t len = strlen(value);

	(void)section;
	if (rd->r)
		return 0;
	if (rd->continues) {
		len = find_comment(value, len);
		while (len && is_blank(value[len - 1]))
			len--;
		buf_addch(&rd->value, '\n');
	} else if (add_entry(rd, key) < 0) {
		return 0;
	}
	buf_add(&rd->value, value, len);
	return 1;
}

int ini_parse_text(const char *text, size_t len, const char *name, struct ini *ret, struct err *e)
{
	cleanup_ini struct ini ini = {0};
	struct reader rd = {.pos = text,
			    .end = text + len,
			    .name = name,
			    .value = BUF_INIT,
			    .ini = &ini,
			    .e = e};
	int bad;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		rd.pos += 3; /* a byte order mark */
	bad = ini_parse_stream(next_line, &rd, take_pair, &rd);
	finish_value(&rd);
	buf_free(&rd.value);
	if (rd.r)
		return rd.r;
	if (bad)
		return err_set(e, ERR_USAGE, "%s:%d: not a section, a key or a comment", name, bad);
	*ret = ini;
	ini = (struct ini){0};
	return 0;
}

int ini_read(const char *path, const char *name, bool any_owner, struct ini *ret, struct err *e)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	cleanup_buf struct buf text = BUF_INIT;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, errno, "cannot open '%s'", name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "'%s' is not a regular file", name);
	if (!any_owner && st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(e, EPERM,
			       "'%s' belongs to uid %u, not to you: chown it if you trust it", name,
			       (unsigned int)st.st_uid);
	if (st.st_size > INI_MAX_BYTES)
		return err_set(e, EFBIG, "'%s' is larger than 1 MiB", name);
	r = file_read_fd(fd, name, INI_MAX_BYTES, &text, e);
	if (r < 0)
		return r;
	r = ini_parse_text(text.data, text.len, name, ret, e);
	if (r < 0)
		return r;
	ret->dev = st.st_dev;
	ret->ino = st.st_ino;
	SHA256Data((const uint8_t *)text.data, text.len, ret->sha256);
	return 0;
}

void ini_clear(struct ini *ini)
{
	for (size_t i = 0; i < ini->n; i++) {
		free(ini->v[i].key);
		free(ini->v[i].value);
	}
	for (size_t i = 0; i < ini->n_sections; i++)
		free(ini->sections[i]);
	free(ini->v);
	free(ini->sections);
	*ini = (struct ini){0};
}
