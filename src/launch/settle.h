/*
 * settle.h - adapting variables that come from the host to what exists in the box.
 */
#ifndef LAUNCH_SETTLE_H
#define LAUNCH_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Replacements for what the box lacks. Strings are "" if there is none. */
struct settle_facts {
	const char *names;    /* " TERM LANG ": variables from the host, which may be changed */
	const char *zone;     /* the POSIX rule of the zone that $TZ names */
	const void *terminfo; /* the compiled terminfo of $TERM, see term(5) */
	uint32_t terminfo_size;
	const void *authorities; /* PEM, for BOX_CA_FILE */
	uint32_t authorities_size;
	const char *locale; /* the image's own LANG */
};

/*
 * Changes the variables of *envp (NULL-terminated) to match the process's root. Allocates a new
 * vector and new strings for what changes; frees nothing of the old.
 */
void settle_env(char ***envp, const struct settle_facts *facts);

/* Adds a variable if it is not set, in the same way. */
void settle_default(char ***envp, const char *name, const char *value);

/*
 * Would setlocale(3) of glibc find it in the process's root: as a directory, or as an entry of the
 * archive?
 */
bool settle_has_locale(const char *name);

/*
 * The shell of a session without a command: $SHELL, else bash, else sh. Points into envp or is
 * static.
 */
const char *settle_shell(char *const *envp);

#endif
