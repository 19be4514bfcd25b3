/*
 * seccomp_names.c - what the filter of a session answers to a system call, by its name.
 *
 * The text is made from the policy when the program is built: "mount 1 nested 165 21", a line each,
 * with an errno, or -1 if the arguments decide, and the numbers of this architecture and of its
 * 32-bit programs, -1 for none. It is one constant, so that it costs a start nothing.
 */
#include "launch/seccomp_names.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "seccomp_names_table.h"

/* What follows the name. */
static const char *find_line(const char *name)
{
	char wanted[64];
	const char *at;

	if (strchr(name, ' ') || strchr(name, '\n') ||
	    snprintf(wanted, sizeof(wanted), "\n%s ", name) >= (int)sizeof(wanted))
		return NULL;
	at = strstr(seccomp_names_table, wanted);
	return at ? at + strlen(wanted) : NULL;
}

bool seccomp_answer_of(const char *name, struct seccomp_answer *ret)
{
	const char *line = find_line(name);
	struct seccomp_answer a = {0};
	int number;

	if (!line || sscanf(line, "%d %15s %d", &a.error, a.key, &number) != 3 || number < 0)
		return false;
	if (streq(a.key, "-"))
		a.key[0] = '\0';
	a.depends = a.error < 0;
	a.error = a.depends ? 0 : a.error;
	*ret = a;
	return true;
}

int seccomp_number_of(const char *name, bool compat)
{
	const char *line = find_line(name);
	int numbers[2];

	if (!line || sscanf(line, "%*d %*s %d %d", &numbers[0], &numbers[1]) != 2)
		return -1;
	return numbers[compat];
}

bool seccomp_name_of(int number, bool compat, char name[SECCOMP_NAME_MAX])
{
	const char *line = seccomp_names_table;
	char found[SECCOMP_NAME_MAX];
	int numbers[2];

	if (number < 0)
		return false;
	while ((line = strchr(line, '\n')) && *++line) {
		if (sscanf(line, "%31s %*d %*s %d %d", found, &numbers[0], &numbers[1]) != 3 ||
		    numbers[compat] != number)
			continue;
		memcpy(name, found, sizeof(found));
		return true;
	}
	return false;
}
