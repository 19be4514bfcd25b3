/*
 * values.c - what a value may be.
 */
#include "build/values.h"

#include <ctype.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "image/name/platform.h"

int values_bool(const char *what, const char *text, bool *ret, struct err *e)
{
	static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True"};
	static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False"};

	if (!is_among(text, yes, ARRAY_SIZE(yes)) && !is_among(text, no, ARRAY_SIZE(no)))
		return err_set(e, ERR_USAGE, "%s is '%s'; it is true or false", what, text);
	*ret = is_among(text, yes, ARRAY_SIZE(yes));
	return 0;
}

/* "1.5h": the nanoseconds of one part, and its length; 0: it is none. */
static size_t duration_part(const char *s, double *ret_ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ns", 1},	  {"us", 1e3}, {"\xc2\xb5s", 1e3}, {"\xce\xbcs", 1e3},
		     {"ms", 1e6}, {"s", 1e9},  {"m", 60e9},	   {"h", 3600e9}};
	size_t n = strspn(s, "0123456789.");
	char *end;
	double number = strtod(s, &end);

	if (n == 0 || end != s + n)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (starts_with(end, units[i].unit)) {
			*ret_ns += number * units[i].ns;
			return n + strlen(units[i].unit);
		}
	return 0;
}

int values_duration(const char *what, const char *text, struct err *e)
{
	const char *s = text + (*text == '+');
	double ns = 0;
	size_t n;

	if (streq(s, "0"))
		return 0;
	while (*s && (n = duration_part(s, &ns)))
		s += n;
	if (s == text || *s || ns > 9e18)
		return err_set(e, ERR_USAGE, "%s is '%s'; it is a time such as 30s or 1m30s", what,
			       text);
	if (ns > 0 && ns < 1e6)
		return err_set(e, ERR_USAGE, "%s is '%s'; it is at least 1ms, or 0", what, text);
	return 0;
}

/* Digits only, not more than max. */
static bool is_number(const char *text, unsigned long max)
{
	size_t n = strspn(text, "0123456789");

	return n > 0 && n < 12 && !text[n] && strtoul(text, NULL, 10) <= max;
}

int values_count(const char *what, const char *text, struct err *e)
{
	if (!is_number(text + (*text == '+'), INT32_MAX))
		return err_set(e, ERR_USAGE, "%s is '%s'; it is a number", what, text);
	return 0;
}

/* "u=rwX,go+r": clauses of who, and then of what is done to which bits. */
static bool is_symbolic_mode(const char *s)
{
	do {
		s += strspn(s, "ugoa");
		if (!*s || !strchr("+-=", *s))
			return false;
		while (*s && strchr("+-=", *s)) {
			s++;
			s += strspn(s, *s && strchr("ugo", *s) ? "ugo" : "rwxXst");
		}
	} while (*s == ',' && *++s);
	return !*s && s[-1] != ',';
}

int values_chmod(const char *text, struct err *e)
{
	bool octal = *text && strspn(text, "01234567") == strlen(text);

	if (octal ? strlen(text) > 8 || strtoul(text, NULL, 8) > 07777 : !is_symbolic_mode(text))
		return err_set(e, ERR_USAGE,
			       "--chmod is '%s'; it is an octal number up to 7777, or as in "
			       "u=rwX,go=rX",
			       text);
	return 0;
}

int values_chown(const char *text, struct err *e)
{
	const char *colon = strchr(text, ':');

	if (streq(text, ":") || (colon && strchr(colon + 1, ':')) || text[strcspn(text, " \t/")])
		return err_set(e, ERR_USAGE,
			       "--chown is '%s'; it is USER or USER:GROUP, names or numbers", text);
	return 0;
}

int values_port(const char *text, struct err *e)
{
	static const char *const protocols[] = {"tcp", "udp", "sctp"};
	cleanup_free char *copy = xstrdup(text);
	char *protocol = strchr(copy, '/'), *container, *last;
	bool known = !protocol;

	if (protocol)
		*protocol++ = '\0';
	for (size_t i = 0; protocol && i < ARRAY_SIZE(protocols); i++)
		known = known || strcasecmp(protocol, protocols[i]) == 0;
	/* Docker takes, and ignores, an address and a port of the host: 127.0.0.1:80:8080. */
	container = strrchr(copy, ':');
	container = container ? container + 1 : copy;
	last = strchr(container, '-');
	if (last)
		*last++ = '\0';
	if (!known || !is_number(container, 65535) || (last && !is_number(last, 65535)) ||
	    (last && strtoul(last, NULL, 10) < strtoul(container, NULL, 10)))
		return err_set(e, ERR_USAGE,
			       "'%s' is not a port; expected PORT[-PORT][/tcp, /udp or /sctp]",
			       text);
	return 0;
}

int values_signal(const char *text, struct err *e)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	size_t digits;

	if (is_number(text, (unsigned long)SIGRTMAX) && strtoul(text, NULL, 10) > 0)
		return 0;
	for (int i = 1; i < NSIG; i++)
		if (sigabbrev_np(i) && strcasecmp(sigabbrev_np(i), name) == 0)
			return 0;
	/* RTMIN+3, as systemd wants it */
	digits = strncasecmp(name, "RTMIN", 5) == 0 || strncasecmp(name, "RTMAX", 5) == 0 ? 5 : 0;
	if (digits && (!name[5] || ((name[5] == '+' || name[5] == '-') && is_number(name + 6, 30))))
		return 0;
	return err_set(e, ERR_USAGE,
		       "'%s' is not a signal; expected a name such as SIGTERM, or a "
		       "number",
		       text);
}

int values_checksum(const char *text, struct err *e)
{
	static const struct {
		const char *name;
		size_t digits;
	} algorithms[] = {{"sha256:", 64}, {"sha384:", 96}, {"sha512:", 128}};
	size_t hex = strspn(text, "0123456789abcdef");

	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++) {
		const char *rest = text + strlen(algorithms[i].name);

		if (starts_with(text, algorithms[i].name) && strlen(rest) == algorithms[i].digits &&
		    strspn(rest, "0123456789abcdef") == strlen(rest))
			return 0;
	}
	/* Of a commit of git; it may be short. */
	if (!text[hex] && hex >= 7 && hex <= 64)
		return 0;
	return err_set(e, ERR_USAGE,
		       "--checksum is '%s'; it is sha256: and 64 hexadecimal digits, or a commit",
		       text);
}

int values_size(const char *what, const char *text, struct err *e)
{
	size_t n = strspn(text, "0123456789.");
	const char *unit = text + n + (text[n] == ' ');
	char *end;

	if (n > 0 && n < 20 && strtod(text, &end) >= 0 && end == text + n) {
		unit += *unit && strchr("kKmMgGtTpP", *unit);
		unit += unit != text + n && (*unit == 'i' || *unit == 'I');
		unit += *unit == 'b' || *unit == 'B';
		if (!*unit)
			return 0;
	}
	return err_set(e, ERR_USAGE, "%s is '%s'; it is a size such as 64m or 1g", what, text);
}

/* Other names for an architecture, and systems that can stand alone. */
static const struct {
	const char *name, *arch;
} architectures[] = {
	{"x86_64", "amd64"},	{"x86-64", "amd64"},	{"aarch64", "arm64"},
	{"armhf", "arm/v7"},	{"armel", "arm/v6"},	{"i386", "386"},
	{"amd64", "amd64"},	{"arm64", "arm64"},	{"arm", "arm/v7"},
	{"386", "386"},		{"ppc64le", "ppc64le"}, {"s390x", "s390x"},
	{"riscv64", "riscv64"}, {"loong64", "loong64"}, {"mips64le", "mips64le"},
};
static const char *const systems[] = {"linux", "windows", "darwin", "freebsd"};

static const char *architecture(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++)
		if (streq(name, architectures[i].name))
			return architectures[i].arch;
	return NULL;
}

int values_platform(const char *text, char **ret, struct err *e)
{
	cleanup_platform struct platform host = {0}, p = {0};
	cleanup_free char *lower = xstrdup(text), *whole = NULL;
	const char *slash, *arch;
	int r;

	for (char *s = lower; *s; s++)
		*s = (char)tolower((unsigned char)*s);
	slash = strchr(lower, '/');
	platform_host(&host);
	arch = architecture(slash ? slash + 1 : lower);
	if (slash && arch)
		whole = xasprintf("%.*s/%s", (int)(slash - lower), lower, arch);
	else if (arch)
		whole = xasprintf("linux/%s", arch);
	else if (is_among(lower, systems, ARRAY_SIZE(systems)))
		whole = xasprintf("%s/%s", lower, host.arch);
	r = platform_parse(whole ? whole : lower, &p, e);
	if (r < 0)
		return r;
	/* As Docker does, without the variant that is the default. */
	if (p.variant && streq(p.arch, "arm64") && streq(p.variant, "v8")) {
		free(p.variant);
		p.variant = NULL;
	}
	*ret = platform_text(&p);
	return 0;
}
