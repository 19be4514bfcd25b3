/*
 * go_text.c - see go_text.h. Durations are those of time.ParseDuration and Duration.String.
 */
#include "build/engine/go_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define SECOND 1000000000LL

void go_text_list(const struct strv *words, struct buf *out)
{
	buf_addch(out, '[');
	for (size_t i = 0; i < words->n; i++)
		buf_addf(out, "%s%s", i ? " " : "", words->v[i]);
	buf_addch(out, ']');
}

/* strconv.Quote, for what is UTF-8. */
static void add_quoted(const char *word, struct buf *out)
{
	static const char named[] = "\a\b\f\n\r\t\v", letters[] = "abfnrtv";

	buf_addch(out, '"');
	for (const char *c = word; *c; c++) {
		const char *special = strchr(named, *c);

		if (special)
			buf_addf(out, "\\%c", letters[special - named]);
		else if (*c == '"' || *c == '\\')
			buf_addf(out, "\\%c", *c);
		else if ((unsigned char)*c < ' ' || *c == 0x7f)
			buf_addf(out, "\\x%02x", (unsigned char)*c);
		else
			buf_addch(out, *c);
	}
	buf_addch(out, '"');
}

void go_text_quoted(const struct strv *words, struct buf *out)
{
	buf_addch(out, '[');
	for (size_t i = 0; i < words->n; i++) {
		buf_addstr(out, i ? " " : "");
		add_quoted(words->v[i], out);
	}
	buf_addch(out, ']');
}

/* A number with a fraction of `digits` digits, without zeros at its end. */
static void add_fraction(long long value, long long unit, int digits, const char *name,
			 struct buf *out)
{
	cleanup_free char *fraction = xasprintf("%0*lld", digits, value % unit);
	size_t n = strlen(fraction);

	while (n && fraction[n - 1] == '0')
		n--;
	buf_addf(out, "%lld%s%.*s%s", value / unit, n ? "." : "", (int)n, fraction, name);
}

void go_text_duration(long long ns, struct buf *out)
{
	long long minutes = ns / SECOND / 60;

	if (ns == 0) {
		buf_addstr(out, "0s");
	} else if (ns < SECOND / 1000000) {
		buf_addf(out, "%lldns", ns);
	} else if (ns < SECOND / 1000) {
		add_fraction(ns, 1000, 3, "µs", out);
	} else if (ns < SECOND) {
		add_fraction(ns, SECOND / 1000, 6, "ms", out);
	} else {
		if (minutes >= 60)
			buf_addf(out, "%lldh", minutes / 60);
		if (minutes)
			buf_addf(out, "%lldm", minutes % 60);
		add_fraction(ns % (60 * SECOND), SECOND, 9, "s", out);
	}
}

long long go_text_nanoseconds(const char *text)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {{"ns", 1},	  {"us", 1e3}, {"µs", 1e3},	{"μs", 1e3},
		     {"ms", 1e6}, {"s", 1e9},  {"m", 60 * 1e9}, {"h", 3600 * 1e9}};
	double sum = 0, sign = *text == '-' ? -1 : 1;

	text += *text == '-' || *text == '+';
	while (*text) {
		char *end;
		double value = strtod(text, &end);
		size_t n = strcspn(end, "0123456789."), i = 0;

		if (end == text && !n)
			break;
		while (i < ARRAY_SIZE(units) &&
		       (strlen(units[i].name) != n || strncmp(units[i].name, end, n) != 0))
			i++;
		if (i < ARRAY_SIZE(units))
			sum += value * units[i].ns;
		text = end + n;
	}
	return (long long)(sign * sum);
}
