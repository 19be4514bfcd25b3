/*
 * seccomp_names.h - what the filter of a session answers to a system call, by its name.
 */
#ifndef LAUNCH_SECCOMP_NAMES_H
#define LAUNCH_SECCOMP_NAMES_H

#include <stdbool.h>

#define SECCOMP_NAME_MAX 32

struct seccomp_answer {
	bool depends; /* on the arguments */
	int error;    /* an errno, if it is refused whatever they are; else 0 */
	char key[16]; /* the key of [sandbox] that lets more of it through; "": none does */
};

/* Of this architecture, for an ordinary session. False: there is no call of that name. */
bool seccomp_answer_of(const char *name, struct seccomp_answer *ret);

/*
 * Its number, for programs of this architecture or (compat) for 32-bit ones; -1: they do not have
 * it. And the name of a number; false: it has none.
 */
int seccomp_number_of(const char *name, bool compat);
bool seccomp_name_of(int number, bool compat, char name[SECCOMP_NAME_MAX]);

#endif
