/*
 * doctor.h - what this machine allows, found out by trying it.
 *
 * Each check tells what was seen, which rung of the design's ladders is used, and the commands
 * that lead to a better one. Namespaces and mounts are tried in short-lived children, files in one
 * temporary directory that is removed again: nothing stays behind.
 */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_NOTE, /* boxes start; something is weaker, slower or not there */
	DOCTOR_FAIL, /* no box starts before this is mended */
};

struct doctor_result {
	enum doctor_state state;
	char *seen;	  /* what was found, one line; owned */
	const char *rung; /* what is used because of it, one line, or NULL; static */
	struct strv fix;  /* commands and words of advice, a line each; empty when there is none */
};

/* Where the checks look; strings are borrowed, absolute. */
struct doctor_place {
	const char *data_dir;  /* may not exist yet */
	const char *exe;       /* this program */
	const char *share_dir; /* share/sandbox of the installation */
};

struct doctor_check {
	const char *name;
	void (*check)(const struct doctor_place *place, struct doctor_result *ret);
};

/* In the order they are shown. */
extern const struct doctor_check doctor_checks[];
extern const size_t doctor_n_checks;

void doctor_result_clear(struct doctor_result *r);

#endif
