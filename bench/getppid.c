/*
 * getppid.c - the cost of a system call: N times getppid(2), nanoseconds a call on stdout.
 *
 *	getppid [--filter] [N]
 *
 * --filter first installs a seccomp filter of one rule (reboot(2) fails, everything else is
 * allowed), the least that any filter costs. The kernel answers such calls from a bitmap, so a
 * longer filter that allows getppid(2) should cost the same; bench/start checks that.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int install_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_reboot, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

int main(int argc, char **argv)
{
	struct timespec a, b;
	long n = 5000000;

	if (argc > 1 && strcmp(argv[1], "--filter") == 0) {
		if (install_filter() < 0) {
			perror("getppid: seccomp");
			return 1;
		}
		argv++;
		argc--;
	}
	if (argc > 1)
		n = atol(argv[1]);
	if (n < 1)
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (long i = 0; i < n; i++)
		syscall(SYS_getppid);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.3f\n",
	       ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / (double)n);
	return 0;
}
