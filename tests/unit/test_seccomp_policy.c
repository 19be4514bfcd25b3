/*
 * test_seccomp_policy.c - compares the compiled filters with the policy table, call by call, by a
 * small BPF interpreter; and tests one filter on the running kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/filter.h>

#include <cmocka.h>

#include "base/mem.h"
#include "launch/identity_ids.h"
#include "launch/seccomp_policy.h"
#include "seccomp_filters.h"

#define FAILS(errnum) (SECCOMP_RET_ERRNO | (errnum))
#define HIGH_BITS     UINT64_C(0xdeadbeef00000000)

/* The program's answer. *ret_args: whether it read an argument. */
static uint32_t run(unsigned int flags, const struct seccomp_data *data, bool *ret_args)
{
	const struct sock_filter *prog = &seccomp_instructions[seccomp_filters[flags].at];
	uint32_t a = 0;

	*ret_args = false;
	for (size_t pc = 0; pc < seccomp_filters[flags].n; pc++) {
		const struct sock_filter *insn = &prog[pc];
		bool yes;

		switch (insn->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&a, (const char *)data + insn->k, sizeof(a));
			*ret_args |= insn->k >= offsetof(struct seccomp_data, args);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= insn->k;
			continue;
		case BPF_RET | BPF_K:
			return insn->k;
		case BPF_JMP | BPF_JA:
			pc += insn->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == insn->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= insn->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = (a & insn->k) != 0;
			break;
		default:
			/*
			 * seccomp_is_const_allow() of the kernel gives up on any other instruction,
			 * too.
			 */
			fail_msg("instruction %#x", insn->code);
			return 0;
		}
		pc += yes ? insn->jt : insn->jf;
	}
	fail_msg("ran off the end");
	return 0;
}

static uint32_t native_arch(void)
{
	return seccomp_arch_native();
}

/* 0 if there is none. */
static uint32_t compat_arch(void)
{
	switch (native_arch()) {
	case SCMP_ARCH_X86_64:
		return SCMP_ARCH_X86;
	case SCMP_ARCH_AARCH64:
		return SCMP_ARCH_ARM;
	default:
		return 0;
	}
}

static uint32_t answer(unsigned int flags, uint32_t arch, int nr, uint64_t a0, uint64_t a1,
		       uint64_t a2)
{
	struct seccomp_data data = {.nr = nr, .arch = arch, .args = {a0, a1, a2}};
	bool args;

	return run(flags, &data, &args);
}

static unsigned int next_variant(unsigned int flags)
{
	while (++flags < SECCOMP_VARIANTS && !seccomp_policy_is_variant(flags))
		;
	return flags;
}

/* The answer to a call by name on the native architecture. */
static uint32_t native(unsigned int flags, const char *name, uint64_t a0, uint64_t a1, uint64_t a2)
{
	int nr = seccomp_syscall_resolve_name_arch(native_arch(), name);

	assert_true(nr >= 0);
	return answer(flags, native_arch(), nr, a0, a1, a2);
}

/* The same by the first and the fourth argument. */
static uint32_t native4(unsigned int flags, const char *name, uint64_t a0, uint64_t a3)
{
	struct seccomp_data data = {.nr = seccomp_syscall_resolve_name_arch(native_arch(), name),
				    .arch = native_arch(),
				    .args = {a0, 0, 0, a3}};
	bool args;

	return run(flags, &data, &args);
}

static void check_args(unsigned int flags, uint32_t arch, int nr, const struct seccomp_rule *rule)
{
	static const uint64_t values[] = {
		0,
		1,
		2,
		3,
		8,
		10,
		15,
		16,
		38,
		40,
		CLONE_NEWTIME,
		CLONE_NEWNS,
		CLONE_NEWUSER,
		CLONE_VM | CLONE_THREAD,
		TIOCSTI,
		TIOCLINUX,
		TIOCSTI + 1,
		S_IFCHR | 0600,
		S_IFBLK,
		S_IFIFO | 0600,
		S_ISUID | 0755,
		S_IFMT | 0755,
		O_CREAT | O_WRONLY,
		O_TMPFILE,
		SOCK_PACKET | SOCK_CLOEXEC,
		NETLINK_NETFILTER,
		STATX_UID,
		(uint32_t)AT_FDCWD,
		AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
		UINT32_MAX,
	};
	struct seccomp_data data = {.nr = nr, .arch = arch};
	bool args;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		for (size_t j = 0; j < ARRAY_SIZE(values); j++)
			for (size_t k = 0; k < ARRAY_SIZE(values); k++) {
				data.args[0] = values[i] | (j & 1 ? HIGH_BITS : 0);
				data.args[1] = values[j] | (k & 1 ? HIGH_BITS : 0);
				data.args[2] = values[k] | (i & 1 ? HIGH_BITS : 0);
				data.args[3] = values[(i + j + k) % ARRAY_SIZE(values)];
				if (run(flags, &data, &args) !=
				    seccomp_policy_answer(rule, flags, (uint64_t *)data.args))
					fail_msg("%d (of: %s), flags %u, values %zu, %zu, %zu", nr,
						 rule->calls, flags, i, j, k);
			}
}

static void check_number(unsigned int flags, uint32_t arch, int nr)
{
	struct seccomp_data data = {.nr = nr, .arch = arch};
	char *name = seccomp_syscall_resolve_num_arch(arch, nr);
	const struct seccomp_rule *rule = name ? seccomp_policy_rule(flags, name) : NULL;
	bool args;

	if (rule && rule->tests) {
		/* other flags affect no test */
		if (flags <= (SECCOMP_ROOT | SECCOMP_NESTED) || flags == SECCOMP_MODES ||
		    (flags & ~SECCOMP_ROOT) == SECCOMP_ASKING)
			check_args(flags, arch, nr, rule);
	} else {
		if (run(flags, &data, &args) != (rule ? rule->answer : seccomp_unknown))
			fail_msg("%s (%d, flags %u)", name ? name : "no call", nr, flags);
		/* otherwise the kernel could not cache the answer */
		assert_false(args);
	}
	free(name);
}

static void filters_follow_the_policy(void **state)
{
	(void)state;
	for (unsigned int flags = 0; flags < SECCOMP_VARIANTS; flags = next_variant(flags))
		for (int nr = 0; nr < 1100; nr++) {
			check_number(flags, native_arch(), nr);
			if (compat_arch())
				check_number(flags, compat_arch(), nr);
		}
}

static void numbers_beyond_are_unknown(void **state)
{
	static const uint32_t numbers[] = {0x0effff,   0x0f0010,   0x3fffffff,
					   0x40000000, 0x4000003b, 0x40000200,
					   0x7fffffff, 0x80000000, 0xffffffff};

	(void)state;
	for (unsigned int flags = 0; flags < SECCOMP_VARIANTS; flags = next_variant(flags))
		for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
			assert_int_equal(answer(flags, native_arch(), (int)numbers[i], 0, 0, 0),
					 FAILS(ENOSYS));
			if (compat_arch())
				assert_int_equal(
					answer(flags, compat_arch(), (int)numbers[i], 0, 0, 0),
					FAILS(ENOSYS));
		}
	assert_int_equal(answer(0, SCMP_ARCH_S390X, 1, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
}

static void no_variant_opens_the_kernel(void **state)
{
	static const char *const closed[] = {
		"kexec_load",	 "init_module",	  "finit_module",
		"delete_module", "bpf",		  "open_by_handle_at",
		"add_key",	 "keyctl",	  "request_key",
		"userfaultfd",	 "reboot",	  "swapon",
		"swapoff",	 "acct",	  "syslog",
		"settimeofday",	 "clock_settime", "fanotify_init",
	};

	(void)state;
	for (unsigned int flags = 0; flags < SECCOMP_VARIANTS; flags = next_variant(flags)) {
		for (size_t i = 0; i < ARRAY_SIZE(closed); i++)
			assert_int_equal(native(flags, closed[i], 0, 0, 0), FAILS(EPERM));
		assert_int_equal(native(flags, "ioctl", 0, TIOCSTI, 0), FAILS(EPERM));
		assert_int_equal(native(flags, "ioctl", 0, TIOCSTI | HIGH_BITS, 0), FAILS(EPERM));
		assert_int_equal(native(flags, "ioctl", 0, TIOCLINUX, 0), FAILS(EPERM));
		assert_int_equal(native(flags, "ioctl", 0, TIOCGWINSZ, 0), SECCOMP_RET_ALLOW);
		assert_int_equal(native(flags, "socket", AF_ALG | HIGH_BITS, SOCK_SEQPACKET, 0),
				 FAILS(EAFNOSUPPORT));
		assert_int_equal(native(flags, "socket", AF_VSOCK, SOCK_STREAM, 0),
				 FAILS(EAFNOSUPPORT));
		assert_int_equal(native(flags, "socket", AF_PACKET, SOCK_RAW, 0),
				 flags & SECCOMP_NESTED ? SECCOMP_RET_ALLOW : FAILS(EAFNOSUPPORT));
		assert_int_equal(native(flags, "socket", AF_NETLINK, SOCK_RAW, NETLINK_AUDIT),
				 FAILS(EPROTONOSUPPORT));
	}
}

static void owners_are_asked_for(void **state)
{
	const unsigned int root = SECCOMP_ROOT | SECCOMP_ASKING;
	const uint64_t cwd = (uint32_t)AT_FDCWD;
	static const char *const makes[] = {"mkdir", "mkdirat", "symlink", "symlinkat", "creat"};

	(void)state;
	assert_int_equal(native(root, "fchownat", cwd, 0, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(native(root, "lchown", 0, 0, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(native(root, "fchown", 3, 0, 0), FAILS(0));
	assert_int_equal(native(root, "fchown", 3, 5, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(native(root, "fchown", 3, 0, 5), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(native(root, "statx", cwd, 0, 0),
			 SECCOMP_RET_ALLOW); /* with a mask of 0 */
	assert_int_equal(native(root, "statx", 3, 0, AT_EMPTY_PATH), SECCOMP_RET_ALLOW);
	assert_int_equal(native(root, "fstat", 3, 0, 0), SECCOMP_RET_ALLOW);
	for (unsigned int flags = 0; flags < 2; flags++) {
		/* you do not get it; users that root becomes do */
		assert_int_equal(native(flags, "newfstatat", cwd, 0, 0), SECCOMP_RET_ALLOW);
		assert_int_equal(native(flags | SECCOMP_ASKING, "newfstatat", cwd, 0, 0),
				 SECCOMP_RET_USER_NOTIF);
	}
	assert_int_equal(native4(root, "newfstatat", cwd, AT_SYMLINK_NOFOLLOW), SECCOMP_RET_ALLOW);
	assert_int_equal(native4(root, "newfstatat", 3, AT_SYMLINK_NOFOLLOW),
			 SECCOMP_RET_USER_NOTIF);
	assert_int_equal(native4(root, "newfstatat", 3, AT_EMPTY_PATH), SECCOMP_RET_ALLOW);
	assert_int_equal(native4(root, "statx", cwd, STATX_BASIC_STATS), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(native4(root, "statx", cwd, STATX_MODE), SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < ARRAY_SIZE(makes); i++) {
		assert_int_equal(native4(root, makes[i], cwd, S_IFIFO), SECCOMP_RET_USER_NOTIF);
		assert_int_equal(native4(SECCOMP_ASKING, makes[i], cwd, S_IFIFO),
				 SECCOMP_RET_ALLOW);
	}
	assert_int_equal(native(root, "mknodat", cwd, 0, S_IFIFO), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(native(root, "mknodat", cwd, 0, S_IFBLK), SECCOMP_RET_USER_NOTIF);
	/* a whiteout, and a file that stands in for a device */
	assert_int_equal(native(root, "mknodat", cwd, 0, S_IFCHR), SECCOMP_RET_ALLOW);
	assert_int_equal(native(root, "mknodat", cwd, 0, S_IFREG), SECCOMP_RET_ALLOW);
}

static void a_build_asks_for_every_owner(void **state)
{
	const unsigned int build = SECCOMP_ROOT | SECCOMP_ASKING | SECCOMP_OWNERS;
	static const char *const asked[] = {"stat",	 "lstat",	"fstat",     "newfstatat",
					    "fchown",	 "mkdirat",	"symlink",   "mknodat",
					    "symlinkat", "utime",	"utimensat", "fgetxattr",
					    "lsetxattr", "removexattr", "listxattr"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		assert_int_equal(native(build, asked[i], 0, 0, 0), SECCOMP_RET_USER_NOTIF);
		assert_int_equal(native(build & ~SECCOMP_ROOT, asked[i], 0, 0, 0),
				 SECCOMP_RET_USER_NOTIF);
	}
	assert_int_equal(native4(build, "newfstatat", 3, AT_EMPTY_PATH), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(native4(build, "statx", 3, STATX_MODE), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(native4(build, "statx", 3, STATX_SIZE), SECCOMP_RET_ALLOW);
	assert_int_equal(native(build, "openat", 3, 0, O_RDWR), SECCOMP_RET_ALLOW);
	assert_int_equal(native(build, "openat", 3, 0, O_RDWR | O_CREAT), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(native(build, "openat", 3, 0, O_RDWR | O_TMPFILE), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(native(build, "openat", 3, 0, O_DIRECTORY), SECCOMP_RET_ALLOW);
	assert_int_equal(native(build, "read", 3, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(native(build & ~SECCOMP_OWNERS, "getxattr", 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(native(build, "chmod", 0, 0, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(native(build, "fchmodat", 3, 0, 0644), SECCOMP_RET_USER_NOTIF);
	/* the supervisor's own */
	assert_int_equal(native(build, "fchmodat", 3, 0, S_IFMT | 0644), SECCOMP_RET_ALLOW);
	assert_false(seccomp_policy_is_variant(build | SECCOMP_NESTED));
	assert_false(seccomp_policy_is_variant(SECCOMP_MODES | SECCOMP_OWNERS));
}

static void flags_open_what_they_say(void **state)
{
	const unsigned int trial = SECCOMP_RENAMES | SECCOMP_MODES;
	static const char *const asked[] = {"setuid",	 "setgid",    "setreuid",  "setregid",
					    "setresuid", "setresgid", "setgroups", "getgroups",
					    "setns",	 "capset"};

	(void)state;
	assert_int_equal(native(0, "clone", CLONE_NEWUSER, 0, 0), FAILS(EPERM));
	assert_int_equal(native(0, "clone", SIGCHLD | CLONE_VM, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(native(0, "clone3", 0, 0, 0), FAILS(ENOSYS));
	assert_int_equal(native(0, "mount", 0, 0, 0), FAILS(EPERM));
	assert_int_equal(native(SECCOMP_NESTED, "clone", CLONE_NEWUSER, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(native(SECCOMP_NESTED, "clone3", 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(native(SECCOMP_NESTED, "mount", 0, 0, 0), SECCOMP_RET_ALLOW);

	assert_int_equal(native(0, "fchownat", 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(native(SECCOMP_ROOT, "fchownat", 0, 0, 0), FAILS(0));
	/* without the supervisor the kernel refuses, and a program can report that */
	assert_int_equal(native(SECCOMP_ROOT, "setresuid", 1, 1, 1), SECCOMP_RET_ALLOW);
	assert_int_equal(native(SECCOMP_ROOT, "setgroups", 0, 0, 0), FAILS(0));
	assert_int_equal(native(SECCOMP_ROOT, "setns", 0, 0, 0), FAILS(EPERM));
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		assert_int_equal(native(SECCOMP_ROOT | SECCOMP_ASKING, asked[i], 0, 0, 0),
				 SECCOMP_RET_USER_NOTIF);
		/* never intercepted for you */
		assert_int_not_equal(native(0, asked[i], 0, 0, 0), SECCOMP_RET_USER_NOTIF);
	}
	assert_int_equal(native(SECCOMP_ASKING, "fchownat", 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(native(SECCOMP_ASKING, "getsockopt", 0, SOL_SOCKET, SO_PEERCRED),
			 SECCOMP_RET_USER_NOTIF);
	assert_int_equal(native(SECCOMP_ASKING, "getsockopt", 0, SOL_SOCKET, SO_ERROR),
			 SECCOMP_RET_ALLOW);
	assert_int_equal(native(SECCOMP_ASKING, "getsockopt", 0, 6, SO_PEERCRED),
			 SECCOMP_RET_ALLOW);
	assert_int_equal(native(trial, "renameat2", 0, 0, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(native(trial, "renameat", 0, 0, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(native(trial, "linkat", 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(native(0, "renameat2", 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(native(SECCOMP_ROOT | SECCOMP_ASKING, "execve", 0, 0, 0),
			 SECCOMP_RET_ALLOW);
	assert_int_equal(native(SECCOMP_ROOT | SECCOMP_ASKING, "getuid", 0, 0, 0),
			 SECCOMP_RET_ALLOW);
	assert_int_equal(native(SECCOMP_ROOT | SECCOMP_ASKING | SECCOMP_NESTED, "setns", 0, 0, 0),
			 SECCOMP_RET_ALLOW);
	assert_int_equal(native(SECCOMP_ROOT, "setfsuid", 1, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(native(SECCOMP_ROOT, "mknodat", 0, 0, S_IFIFO), SECCOMP_RET_ALLOW);
	assert_int_equal(native(SECCOMP_ROOT, "mknodat", 0, 0, S_IFBLK), FAILS(0));

	assert_int_equal(native(0, "io_uring_setup", 0, 0, 0), FAILS(EPERM));
	assert_int_equal(native(SECCOMP_IO_URING, "io_uring_setup", 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(native(0, "perf_event_open", 0, 0, 0), FAILS(EPERM));
	assert_int_equal(native(SECCOMP_PERF, "perf_event_open", 0, 0, 0), SECCOMP_RET_ALLOW);
}

/* The answer to a call of any architecture, with these bits in its mode argument. */
static uint32_t of_mode(unsigned int flags, uint32_t arch, int nr, size_t at, uint64_t open_flags,
			uint64_t mode)
{
	struct seccomp_data data = {.nr = nr, .arch = arch};
	bool args;

	data.args[at] = mode;
	if (at > 0)
		data.args[at - 1] = open_flags;
	return run(flags, &data, &args);
}

static bool asks_makers(unsigned int flags)
{
	return flags & SECCOMP_ROOT && flags & SECCOMP_IDENTITY;
}

static void no_mode_has_set_id_bits(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		bool opens, makes;
	} calls[] = {
		{"chmod", 1, false, false},    {"fchmod", 1, false, false},
		{"fchmodat", 2, false, false}, {"fchmodat2", 2, false, false},
		{"creat", 1, false, true},     {"mknod", 1, false, false},
		{"mknodat", 2, false, false},  {"open", 2, true, true},
		{"openat", 3, true, true},
	};
	const uint32_t archs[] = {native_arch(), compat_arch()};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(calls) * 2; i++) {
		uint32_t arch = archs[i % 2];
		int nr = seccomp_syscall_resolve_name_arch(arch, calls[i / 2].name);
		size_t at = calls[i / 2].at;
		bool is_short;

		if (strcmp(calls[i / 2].name, "fchmodat2") == 0)
			nr = 452;
		if (!arch || nr < 0)
			continue;
		for (unsigned int flags = 0; flags < SECCOMP_VARIANTS;
		     flags = next_variant(flags)) {
			uint32_t expected = flags & SECCOMP_MODES    ? SECCOMP_RET_USER_NOTIF
					    : flags & SECCOMP_NESTED ? SECCOMP_RET_ALLOW
								     : FAILS(EPERM);

			/* only root fakes devices, and has all modes of mknod checked */
			if (flags & SECCOMP_ROOT && strncmp(calls[i / 2].name, "mknod", 5) == 0 &&
			    !(flags & SECCOMP_MODES))
				expected = FAILS(EPERM);
			for (uint64_t bits = 02000; bits <= 06000; bits += 02000)
				assert_int_equal(of_mode(flags, arch, nr, at, O_CREAT,
							 bits | 0755 | HIGH_BITS),
						 expected);
			/*
			 * Root's sessions ask who makes a file; a build asks whether one loses its
			 * bits, too.
			 */
			assert_int_equal(of_mode(flags, arch, nr, at, O_CREAT, 01644),
					 flags & SECCOMP_OWNERS ||
							 (calls[i / 2].makes && asks_makers(flags))
						 ? SECCOMP_RET_USER_NOTIF
						 : SECCOMP_RET_ALLOW);
			if (calls[i / 2].opens)
				assert_int_equal(of_mode(flags, arch, nr, at, O_DIRECTORY, 06755),
						 SECCOMP_RET_ALLOW);
		}
		assert_int_not_equal(ids_call_of(arch, nr, &is_short), IDS_NONE);
	}
	assert_int_equal(native(SECCOMP_MODES, "listen", 3, 1, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(native(SECCOMP_MODES | SECCOMP_FORWARD, "listen", 3, 1, 0),
			 SECCOMP_RET_USER_NOTIF);
	assert_int_equal(native(SECCOMP_MODES, "openat2", 0, 0, 0), FAILS(ENOSYS));
	assert_int_equal(native(SECCOMP_NESTED, "openat2", 0, 0, 0), SECCOMP_RET_ALLOW);
}

/* Returns 0 if everything is as expected, else the number of the step that failed. */
static int live_steps(void)
{
	struct err e;

	if (seccomp_apply(SECCOMP_VARIANTS, &e) != -EINVAL ||
	    seccomp_apply(SECCOMP_IDENTITY, &e) != -EINVAL)
		return 1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_apply(SECCOMP_ROOT, &e) < 0)
		return 2;
	if (syscall(SYS_keyctl, 0, 0, 0, 0, 0) != -1 || errno != EPERM)
		return 3;
	if (syscall(SYS_clone3, NULL, 0) != -1 || errno != ENOSYS)
		return 4;
	if (chown("/nonexistent", 1, 1) != 0)
		return 5;
	/* filters accumulate; the strictest answer wins */
	if (seccomp_apply(0, &e) < 0 || chown("/nonexistent", 1, 1) != 0)
		return 6;
	return 0;
}

static void a_live_filter(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(live_steps());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_follow_the_policy),
		cmocka_unit_test(numbers_beyond_are_unknown),
		cmocka_unit_test(no_variant_opens_the_kernel),
		cmocka_unit_test(flags_open_what_they_say),
		cmocka_unit_test(owners_are_asked_for),
		cmocka_unit_test(a_build_asks_for_every_owner),
		cmocka_unit_test(no_mode_has_set_id_bits),
		cmocka_unit_test(a_live_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
