/*
 * doctor.h - checks of what this machine allows, by trying it.
 *
 * Each check reports what was found, what is used because of it, and the commands that improve it.
 * Namespaces and mounts are tried in short-lived children, files in a temporary directory that is
 * removed again: nothing is left behind.
 */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

#include <stddef.h>

#include "doctor/doctor_result.h"

struct doctor_check {
	const char *name;
	void (*check)(const struct doctor_place *place, struct doctor_result *ret);
};

/* In the order in which they are shown. */
extern const struct doctor_check doctor_checks[];
extern const size_t doctor_n_checks;

#endif
