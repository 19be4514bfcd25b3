/*
 * doctor_result.h - the result of a check, and where checks look.
 */
#ifndef DOCTOR_DOCTOR_RESULT_H
#define DOCTOR_DOCTOR_RESULT_H

#include "base/mem.h"

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_NOTE, /* boxes start; something is weaker, slower or missing */
	DOCTOR_FAIL, /* no box starts before this is fixed */
};

struct doctor_result {
	enum doctor_state state;
	char *seen;	  /* what was found, one line; owned */
	const char *rung; /* what is used because of it, one line, or NULL; static */
	struct strv fix;  /* commands and advice, a line each; may be empty */
};

/* Where the checks look; strings are borrowed, absolute. */
struct doctor_place {
	const char *data_dir;  /* may not exist yet */
	const char *exe;       /* this program */
	const char *share_dir; /* share/sandbox of the installation */
};

/* Sets the state and what was seen; the rung is static or NULL. */
void doctor_set(struct doctor_result *r, enum doctor_state state, const char *rung, const char *fmt,
		...) __attribute__((format(printf, 4, 5)));
void doctor_fix(struct doctor_result *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void doctor_result_clear(struct doctor_result *r);

#endif
