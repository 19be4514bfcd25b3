/*
 * doctor.c - the table of checks.
 */
#include "doctor/doctor.h"

#include "doctor/doctor_probe.h"

const struct doctor_check doctor_checks[] = {
	{"kernel", doctor_check_kernel},
	{"user namespaces", doctor_check_userns},
	{"seccomp", doctor_check_seccomp},
	{"identities", doctor_check_identity},
	{"landlock", doctor_check_landlock},
	{"system calls", doctor_check_syscalls},
	{"own /proc", doctor_check_proc},
	{"nested", doctor_check_nested},
	{"data directory", doctor_check_data},
	{"overlay", doctor_check_overlay},
	{"runtime directory", doctor_check_runtime},
	{"host user", doctor_check_root},
	{"subordinate ids", doctor_check_subid},
	{"cgroup limits", doctor_check_cgroup},
	{"debuggers", doctor_check_ptrace},
	{"network gateway", doctor_check_gateway},
	{"/dev/net/tun", doctor_check_tun},
	{"/dev/fuse", doctor_check_fuse},
	{"boxes", doctor_check_boxes},
	{"images", doctor_check_images},
};
const size_t doctor_n_checks = ARRAY_SIZE(doctor_checks);
