/*
 * doctor.h - what this machine allows, found out by trying it.
 *
 * Each check tells what was seen, which rung of the design's ladders is used, and the commands
 * that lead to a better one. Namespaces and mounts are tried in short-lived children, files in one
 * temporary directory that is removed again: nothing stays behind.
 */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

#include <stddef.h>

#include "doctor/doctor_result.h"

struct doctor_check {
	const char *name;
	void (*check)(const struct doctor_place *place, struct doctor_result *ret);
};

/* In the order they are shown. */
extern const struct doctor_check doctor_checks[];
extern const size_t doctor_n_checks;

#endif
