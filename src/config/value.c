/*
 * value.c - the types of values.
 */
#include "config/value.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool value_bool(const char *s, bool *ret)
{
	if (streq(s, "yes") || streq(s, "true") || streq(s, "on"))
		*ret = true;
	else if (streq(s, "no") || streq(s, "false") || streq(s, "off"))
		*ret = false;
	else
		return false;
	return true;
}

bool value_number(const char *s, unsigned long min, unsigned long max, unsigned long *ret)
{
	unsigned long n;
	char *end;

	if (!isdigit((unsigned char)*s)) /* strtoul accepts signs and blanks */
		return false;
	errno = 0;
	n = strtoul(s, &end, 10);
	if (*end || errno || n < min || n > max)
		return false;
	*ret = n;
	return true;
}

bool value_duration(const char *s, long *ret_ms)
{
	static const struct {
		const char *unit;
		unsigned long ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}};
	size_t len = strspn(s, "0123456789");
	char digits[16] = "";
	unsigned long n;

	if (streq(s, "forever")) {
		*ret_ms = -1;
		return true;
	}
	if (streq(s, "0")) {
		*ret_ms = 0;
		return true;
	}
	if (len >= sizeof(digits))
		return false;
	memcpy(digits, s, len);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!streq(s + len, units[i].unit))
			continue;
		if (!value_number(digits, 0, INT_MAX / units[i].ms, &n))
			return false;
		*ret_ms = (long)(n * units[i].ms);
		return true;
	}
	return false;
}

bool value_size(const char *s, unsigned long long *ret)
{
	static const char units[] = "KMGT";
	const char *unit;
	double n, scale = 1;
	char *end;

	if (strspn(s, "0123456789.") == 0 || *s == '.')
		return false;
	n = strtod(s, &end);
	if (end != s + strspn(s, "0123456789."))
		return false;
	if (*end) {
		unit = strchr(units, toupper((unsigned char)*end));
		if (!unit || end[1])
			return false;
		for (const char *u = units; u <= unit; u++)
			scale *= 1024;
	}
	if (n * scale >= 0x1p63)
		return false;
	*ret = (unsigned long long)(n * scale);
	return true;
}

void value_words(const char *s, struct strv *out)
{
	static const char separators[] = ", \t\n";

	for (s += strspn(s, separators); *s; s += strspn(s, separators)) {
		size_t len = strcspn(s, separators);

		strv_push_take(out, xstrndup(s, len));
		s += len;
	}
}

bool value_name(const char *s)
{
	size_t len = strlen(s);

	if (!isalnum((unsigned char)*s) || len > 63)
		return false;
	return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
	       len;
}

const char *value_script_hint(const char *text)
{
	for (const char *p = text; (p = strpbrk(p, " \t\n")); p++)
		if (p[1] == ';' && p[2] != ';')
			return "; a ';' in it ends a command and begins no comment";
	return "";
}

bool value_env_name(const char *s)
{
	if (!isalpha((unsigned char)*s) && *s != '_')
		return false;
	while (isalnum((unsigned char)*s) || *s == '_')
		s++;
	return !*s;
}

/* "RTMIN+1", "RTMAX-1", "RTMIN" or "RTMAX"; 0: none of these. */
static int real_time_signal(const char *s)
{
	unsigned long n = 0, range = (unsigned long)(SIGRTMAX - SIGRTMIN);
	bool min = strncasecmp(s, "RTMIN", strlen("RTMIN")) == 0;

	if (!min && strncasecmp(s, "RTMAX", strlen("RTMAX")) != 0)
		return 0;
	s += strlen("RTMIN");
	if (*s && (*s != (min ? '+' : '-') || !value_number(s + 1, 0, range, &n)))
		return 0;
	return min ? SIGRTMIN + (int)n : SIGRTMAX - (int)n;
}

int value_signal(const char *s)
{
	static const struct {
		const char *name;
		int number;
	} others[] = {{"CLD", SIGCHLD}, {"IO", SIGIO}, {"IOT", SIGIOT}};
	unsigned long n;

	if (value_number(s, 1, (unsigned long)SIGRTMAX, &n))
		return (int)n;
	if (strncasecmp(s, "SIG", strlen("SIG")) == 0)
		s += strlen("SIG");
	for (int i = 1; i < NSIG; i++) {
		const char *name = sigabbrev_np(i);

		if (name && strcasecmp(name, s) == 0)
			return i;
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcasecmp(others[i].name, s) == 0)
			return others[i].number;
	return real_time_signal(s);
}
