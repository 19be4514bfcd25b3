/*
 * seccomp_names.c - what the filter of a session answers to a system call, by its name.
 *
 * The text is made from the policy when the program is built: "mount 1 nested", a line each, with an
 * errno, or -1 if the arguments decide. It is one constant, so that it costs a start nothing.
 */
#include "launch/seccomp_names.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "seccomp_names_table.h"

bool seccomp_answer_of(const char *name, struct seccomp_answer *ret)
{
	struct seccomp_answer a = {0};
	char wanted[64];
	const char *at;

	if (snprintf(wanted, sizeof(wanted), "\n%s ", name) >= (int)sizeof(wanted))
		return false;
	at = strstr(seccomp_names_table, wanted);
	if (!at || strchr(name, ' ') || strchr(name, '\n') ||
	    sscanf(at + strlen(wanted), "%d %15s", &a.error, a.key) != 2)
		return false;
	if (streq(a.key, "-"))
		a.key[0] = '\0';
	a.depends = a.error < 0;
	a.error = a.depends ? 0 : a.error;
	*ret = a;
	return true;
}
