/*
 * platform.c - operating system, architecture and variant, in Go's terms, which OCI uses.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "image/name/platform.h"

void platform_clear(struct platform *p)
{
	free(p->os);
	free(p->arch);
	free(p->variant);
	*p = (struct platform){0};
}

void platform_copy(const struct platform *p, struct platform *ret)
{
	*ret = (struct platform){
		.os = xstrdup(p->os), .arch = xstrdup(p->arch), .variant = xstrdup(p->variant)};
}

/* uname(2)'s machine and Go's name for it. */
static const struct {
	const char *machine, *arch, *variant;
} machines[] = {
	{"x86_64", "amd64", NULL},	  {"aarch64", "arm64", "v8"}, {"armv7l", "arm", "v7"},
	{"armv6l", "arm", "v6"},	  {"i686", "386", NULL},      {"i386", "386", NULL},
	{"ppc64le", "ppc64le", NULL},	  {"s390x", "s390x", NULL},   {"riscv64", "riscv64", NULL},
	{"loongarch64", "loong64", NULL},
};

void platform_host(struct platform *ret)
{
	struct utsname u;

	uname(&u);
	*ret = (struct platform){.os = xstrdup("linux")};
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (streq(u.machine, machines[i].machine)) {
			ret->arch = xstrdup(machines[i].arch);
			ret->variant = xstrdup(machines[i].variant);
		}
	if (!ret->arch)
		ret->arch = xstrdup(u.machine);
}

int platform_parse(const char *text, struct platform *ret, struct err *e)
{
	cleanup_free char *copy = xstrdup(text);
	char *rest = copy, *os = strsep(&rest, "/"), *arch = strsep(&rest, "/");
	char *variant = strsep(&rest, "/"), quoted[200];

	if (rest || !arch || !*os || !*arch || (variant && !*variant) ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_./-") != strlen(text))
		return err_set(
			e, ERR_USAGE,
			"'%s' is not a platform: expected OS/ARCH[/VARIANT], such as linux/arm64",
			err_quote(quoted, sizeof(quoted), text));
	*ret = (struct platform){
		.os = xstrdup(os), .arch = xstrdup(arch), .variant = xstrdup(variant)};
	return 0;
}

char *platform_text(const struct platform *p)
{
	return xasprintf("%s/%s%s%s", p->os ? p->os : "?", p->arch ? p->arch : "?",
			 p->variant ? "/" : "", p->variant ? p->variant : "");
}

/* Go's name for an architecture that uname(2) or other tools name differently. */
static const char *arch_name(const char *arch)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (strcasecmp(arch, machines[i].machine) == 0)
			return machines[i].arch;
	return strcasecmp(arch, "x86-64") == 0 ? "amd64" : arch;
}

static bool same_arch(const char *a, const char *b)
{
	return strcasecmp(arch_name(a), arch_name(b)) == 0;
}

/* "v7" is 7; none is the arch's default, 8 for arm64 and 7 for arm; anything else is -1. */
static long variant_number(const struct platform *p)
{
	const char *digits = p->variant;
	size_t n;

	if (!digits)
		return same_arch(p->arch, "arm64") ? 8 : same_arch(p->arch, "arm") ? 7 : 1;
	digits += *digits == 'v';
	n = strspn(digits, "0123456789");
	return n < 1 || n > 2 || digits[n] ? -1 : strtol(digits, NULL, 10);
}

long platform_fitness(const struct platform *have, const struct platform *want)
{
	long ours, theirs;

	if (!have->os || !have->arch || strcasecmp(have->os, want->os) != 0 ||
	    !same_arch(have->arch, want->arch))
		return 0;
	if (have->variant && want->variant && streq(have->variant, want->variant))
		return 1000;
	ours = variant_number(want);
	theirs = variant_number(have);
	return theirs < 0 || theirs > ours ? 0 : 1000 - (ours - theirs);
}
