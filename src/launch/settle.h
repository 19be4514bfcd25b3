/*
 * settle.h - variables of a session that come from the host name what is in the box.
 */
#ifndef LAUNCH_SETTLE_H
#define LAUNCH_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands in for what the box does not have. Strings are "" where there is nothing. */
struct settle_facts {
	const char *names;    /* " TERM LANG ": variables from the host, which may be changed */
	const char *zone;     /* the rule of the zone that $TZ names, as POSIX has it */
	const void *terminfo; /* the compiled description of $TERM, see term(5) */
	uint32_t terminfo_size;
	const void *authorities; /* PEM, for BOX_CA_FILE */
	uint32_t authorities_size;
	const char *locale; /* the image's own LANG */
};

/*
 * Changes the variables of *envp, which ends with NULL, in the root that the process has. The vector and
 * what is changed in it are made anew; nothing of the old is freed.
 */
void settle_env(char ***envp, const struct settle_facts *facts);

/* Adds a variable that is not there, in the same way. */
void settle_default(char ***envp, const char *name, const char *value);

/* setlocale(3) of glibc in the root that the process has: a directory of the locale's, or an entry of the archive. */
bool settle_has_locale(const char *name);

/* The shell for a session without a command: $SHELL, else bash, else sh. Points into envp or is static. */
const char *settle_shell(char *const *envp);

#endif
