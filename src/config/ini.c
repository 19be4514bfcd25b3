/*
 * ini.c - libinih, fed in pieces.
 *
 * libinih limits a line to 199 bytes and a name to 49, ends a key at a colon, strips blanks and
 * comments, and gives no line numbers. So the reader below looks at each line of the file first. It
 * knows the line's number, finds and unquotes key and value, and hands the library as many short
 * lines as needed,
 *
 *	KEY=VALUE		the beginning of both
 *	 kKEY, vVALUE		the rest of either, as lines that continue a value
 *
 * Bytes that the library would act on are replaced by control characters, which no file may
 * contain. What the library returns is joined again.
 *
 * Refuses control characters, including NUL, which would end a line early or reach a terminal; an
 * indented key under a section header; text after ']'; a key without '='.
 */
#include "config/ini.h"

#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "config/ini_text.h"

/* The smallest line buffer of libinih; each call gives the real size. */
#define PIECE_MIN 64

/* What libinih acts on. The byte at i is passed to it as i + 1. */
static const char marks[] = " \t\n;#:=[";

/* Text that is passed to the library piece by piece. */
struct pending {
	struct buf text;
	size_t done;
};

struct reader {
	const char *pos, *end;
	const char *name;
	ini_verbatim_fn *is_verbatim;
	unsigned int line;
	unsigned int blank; /* blank lines since the last line of the value */
	bool in_key;	    /* a value is being read */
	bool verbatim;	    /* and that value is shell text */
	bool header, opens; /* what to hand out next: a section, the beginning of a key */
	bool first;	    /* the library has the beginning of a key */
	struct pending key, value;
	struct buf got_key, got_value;
	size_t cap, sections_cap;
	struct ini *ini;
	struct err *e;
	int r; /* the first error; reading stops there */
};

static int refuse(struct reader *rd, const char *what)
{
	if (!rd->r)
		rd->r = err_set(rd->e, ERR_USAGE, "%s:%u: %s", rd->name, rd->line, what);
	return rd->r;
}

static void add_shown(struct buf *out, const char *s)
{
	for (; *s; s++)
		buf_addch(out, *s < (char)sizeof(marks) && *s > 0 ? marks[*s - 1] : *s);
}

/* Moves at most room bytes of the rest of p to out. Returns their number. */
static size_t hand_out(struct pending *p, char *out, size_t room)
{
	size_t n = p->text.len - p->done;

	if (n > room)
		n = room;
	for (size_t i = 0; i < n; i++) {
		char c = p->text.data[p->done + i];
		const char *mark = strchr(marks, c);

		out[i] = mark ? (char)(mark - marks + 1) : c;
	}
	p->done += n;
	return n;
}

static bool is_done(const struct pending *p)
{
	return p->done == p->text.len;
}

static void restart(struct pending *p)
{
	buf_reset(&p->text);
	p->done = 0;
}

/* Ends the value that lines were being added to. */
static void finish_value(struct reader *rd)
{
	struct ini_entry *last = rd->ini->n ? &rd->ini->v[rd->ini->n - 1] : NULL;

	if (last && last->key && !last->value) {
		if (rd->verbatim)
			ini_dedent(&rd->got_value);
		free(last->key);
		last->key = xstrndup(rd->got_key.data, rd->got_key.len);
		last->value = xstrndup(rd->got_value.data, rd->got_value.len);
	}
	buf_reset(&rd->got_key);
	buf_reset(&rd->got_value);
}

/* key: NULL for a section. The value is set later, when it is complete. */
static int add_entry(struct reader *rd, const char *key)
{
	struct ini *ini = rd->ini;

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

static int read_header(struct reader *rd, const char *s, size_t len)
{
	struct ini *ini = rd->ini;
	size_t end = ini_find_comment(s, 0, len), close = end;

	/* The last bracket: [registry [::1]:5000]. */
	while (close && s[close - 1] != ']')
		close--;
	if (!close)
		return refuse(rd, "missing ']' after the section's name");
	if (ini_skip_blanks(s, close, end) < end)
		return refuse(rd, "text after ']'");
	finish_value(rd);
	rd->in_key = false;
	if (ini->n_sections == rd->sections_cap) {
		rd->sections_cap = rd->sections_cap ? rd->sections_cap * 2 : 8;
		ini->sections = xrealloc(ini->sections, rd->sections_cap, sizeof(*ini->sections));
	}
	ini->sections[ini->n_sections++] = xstrndup(s + 1, close - 2);
	rd->header = true;
	return add_entry(rd, NULL);
}

/* Sets rd->key. *ret is where the value begins. */
static int read_key(struct reader *rd, const char *s, size_t len, size_t *ret)
{
	size_t comment = ini_find_comment(s, 0, len), end, close;
	const char *equals;

	restart(&rd->key);
	if (*s == '"' && (close = ini_unquote(s, 0, len, &rd->key.text))) {
		end = ini_skip_blanks(s, close, len);
		if (end == len || s[end] != '=')
			return refuse(rd, "missing '=' after the key: write \"key\" = value");
	} else {
		restart(&rd->key);
		equals = memchr(s, '=', comment);
		if (!equals)
			return refuse(rd, memchr(s, ':', comment)
						  ? "a colon and no '=': write 'key = value'"
						  : "missing '=': write 'key = value'");
		end = (size_t)(equals - s);
		for (close = end; close && ini_is_blank(s[close - 1]);)
			close--;
		buf_add(&rd->key.text, s, close);
	}
	if (!rd->key.text.len)
		return refuse(rd, "missing key before '='");
	if (!rd->ini->n_sections)
		return refuse(rd, "a key before the first [section]");
	*ret = end + 1;
	return 0;
}

/* Sets rd->value from s[from] to s[len]. */
static int read_value(struct reader *rd, const char *s, size_t from, size_t len)
{
	const char *wrong = NULL;

	if (rd->verbatim)
		buf_add(&rd->value.text, s + from, len - from);
	else
		wrong = ini_take_value(s, from, len, &rd->value.text);
	return wrong ? refuse(rd, wrong) : 0;
}

static int read_entry(struct reader *rd, const char *s, size_t len)
{
	size_t from = 0;

	finish_value(rd);
	if (read_key(rd, s, len, &from) < 0)
		return rd->r;
	restart(&rd->value);
	rd->verbatim = rd->is_verbatim &&
		       rd->is_verbatim(rd->ini->sections[rd->ini->n_sections - 1],
				       rd->key.text.data);
	rd->in_key = rd->opens = true;
	rd->blank = 0;
	if (rd->verbatim)
		from = ini_skip_blanks(s, from, len);
	return read_value(rd, s, from, len);
}

/* A line below a key: continues its value. */
static int read_more(struct reader *rd, const char *s, size_t len)
{
	restart(&rd->value);
	for (rd->blank = rd->verbatim ? rd->blank : 0; rd->blank; rd->blank--)
		buf_addch(&rd->value.text, '\n');
	buf_addch(&rd->value.text, '\n');
	return read_value(rd, s, 0, len);
}

/* Parses one line, without its newline. Leaves in rd what the library is to be given. */
static int read_line(struct reader *rd, const char *s, size_t len)
{
	size_t start;

	for (size_t i = 0; i < len; i++)
		if (s[i] == '\0')
			return refuse(rd, "NUL byte: this is not a text file");
		else if (((unsigned char)s[i] < ' ' && s[i] != '\t') || s[i] == '\x7f')
			return refuse(rd, "control character");

	start = ini_skip_blanks(s, 0, len);
	if (start == len) {
		rd->blank++;
		return 0;
	}
	if ((s[start] == ';' || s[start] == '#') && !(start && rd->in_key && rd->verbatim))
		return 0;
	if (start > 0 && rd->in_key)
		return read_more(rd, s, len);
	if (start > 0)
		return refuse(
			rd,
			"unexpected indentation: only a line that continues a value is indented");
	return *s == '[' ? read_header(rd, s, len) : read_entry(rd, s, len);
}

/* Writes the next line for the library, at most max bytes, if there is one. */
static size_t next_piece(struct reader *rd, char *out, size_t max)
{
	size_t n = 0;

	if (rd->header) {
		rd->header = false;
		out[n++] = '[';
		out[n++] = 's'; /* only a placeholder: we know the section */
		out[n++] = ']';
		return n;
	}
	if (rd->opens) {
		rd->opens = false;
		rd->first = true;
		n = hand_out(&rd->key, out, max / 2);
		out[n++] = '=';
		return n + hand_out(&rd->value, out + n, max - n);
	}
	if (is_done(&rd->key) && is_done(&rd->value))
		return 0;
	out[n++] = ' ';
	out[n++] = is_done(&rd->key) ? 'v' : 'k';
	return n + hand_out(is_done(&rd->key) ? &rd->value : &rd->key, out + n, max - n);
}

/* libinih's reader: as fgets(), num bytes including the NUL. */
static char *next_line(char *str, int num, void *stream)
{
	struct reader *rd = stream;
	size_t n = 0;

	if (num < PIECE_MIN)
		return NULL;
	while (!rd->r && !(n = next_piece(rd, str, (size_t)num - 1))) {
		const char *s = rd->pos, *nl;
		size_t len;

		if (s == rd->end)
			return NULL;
		rd->line++;
		nl = memchr(s, '\n', (size_t)(rd->end - s));
		rd->pos = nl ? nl + 1 : rd->end;
		len = (size_t)((nl ? nl : rd->end) - s);
		if (len && s[len - 1] == '\r')
			len--;
		read_line(rd, s, len);
	}
	if (rd->r)
		return NULL;
	str[n] = '\0';
	return str;
}

/* libinih's handler. */
static int take_pair(void *user, const char *section, const char *key, const char *value)
{
	struct reader *rd = user;

	(void)section;
	if (rd->r)
		return 0;
	if (rd->first) {
		rd->first = false;
		if (add_entry(rd, "") < 0)
			return 0;
		add_shown(&rd->got_key, key);
		add_shown(&rd->got_value, value);
	} else {
		add_shown(*value == 'k' ? &rd->got_key : &rd->got_value, value + 1);
	}
	return 1;
}

int ini_parse_text(const char *text, size_t len, const char *name, ini_verbatim_fn *verbatim,
		   struct ini *ret, struct err *e)
{
	cleanup_ini struct ini ini = {0};
	struct reader rd = {.pos = text,
			    .end = text + len,
			    .name = name,
			    .is_verbatim = verbatim,
			    .key.text = BUF_INIT,
			    .value.text = BUF_INIT,
			    .got_key = BUF_INIT,
			    .got_value = BUF_INIT,
			    .ini = &ini,
			    .e = e};
	int bad;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		rd.pos += 3; /* a byte order mark */
	bad = ini_parse_stream(next_line, &rd, take_pair, &rd);
	finish_value(&rd);
	buf_free(&rd.key.text);
	buf_free(&rd.value.text);
	buf_free(&rd.got_key);
	buf_free(&rd.got_value);
	if (rd.r)
		return rd.r;
	if (bad || rd.pos != rd.end)
		return err_set(e, ERR_USAGE, "%s:%u: not a section, a key or a comment", name,
			       rd.line);
	*ret = ini;
	ini = (struct ini){0};
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
