/*
 * doctor_probe.h - shared by the checks: small reads, tries in a child; and the checks.
 */
#ifndef DOCTOR_DOCTOR_PROBE_H
#define DOCTOR_DOCTOR_PROBE_H

#include "doctor/doctor_result.h"

/* First line of a small file of /proc or /sys, without its newline; NULL if it cannot be read. */
char *doctor_read_line(const char *path);
/* The number in it, or -1. */
long doctor_read_number(const char *path);

/*
 * Runs fn in a child that is root of a new user namespace with the caller's one uid mapped, in a
 * mount namespace with private propagation, and in further namespaces given by flags (CLONE_NEW*).
 * Returns what fn returned (0 or a negative errno), or the negative errno of making the namespaces;
 * *step then names the step that failed, "" for fn itself.
 */
int doctor_try(int flags, int (*fn)(void *arg), void *arg, const char **step);

/* Shared checks, one group a file. */
void doctor_check_kernel(const struct doctor_place *place, struct doctor_result *ret);
void doctor_check_userns(const struct doctor_place *place, struct doctor_result *ret);
void doctor_check_seccomp(const struct doctor_place *place, struct doctor_result *ret);
void doctor_check_identity(const struct doctor_place *place, struct doctor_result *ret);
void doctor_check_landlock(const struct doctor_place *place, struct doctor_result *ret);
void doctor_check_syscalls(const struct doctor_place *place, struct doctor_result *ret);
void doctor_check_proc(const struct doctor_place *place, struct doctor_result *ret);
void doctor_check_nested(const struct doctor_place *place, struct doctor_result *ret);

void doctor_check_data(const struct doctor_place *place, struct doctor_result *ret);
void doctor_check_overlay(const struct doctor_place *place, struct doctor_result *ret);
void doctor_check_runtime(const struct doctor_place *place, struct doctor_result *ret);

void doctor_check_root(const struct doctor_place *place, struct doctor_result *ret);
void doctor_check_subid(const struct doctor_place *place, struct doctor_result *ret);
void doctor_check_cgroup(const struct doctor_place *place, struct doctor_result *ret);
void doctor_check_ptrace(const struct doctor_place *place, struct doctor_result *ret);
void doctor_check_tun(const struct doctor_place *place, struct doctor_result *ret);
void doctor_check_fuse(const struct doctor_place *place, struct doctor_result *ret);

void doctor_check_gateway(const struct doctor_place *place, struct doctor_result *ret);

void doctor_check_boxes(const struct doctor_place *place, struct doctor_result *ret);
void doctor_check_images(const struct doctor_place *place, struct doctor_result *ret);

#endif
