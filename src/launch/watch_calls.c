/*
 * watch_calls.c - the calls that a read-only mount can refuse, or the watcher, and the filter that stops a watched
 * process at these only.
 *
 * All else costs a watched program nothing: reading, looking, and opening to read are not stopped.
 */
#include "launch/watch_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "launch/seccomp_names.h"

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#define COMPAT AUDIT_ARCH_I386
#else
#define NATIVE AUDIT_ARCH_AARCH64
#define COMPAT AUDIT_ARCH_ARM
#endif

/* Of the flags of an open: what a read-only mount refuses. The same in all architectures. */
#define WRITES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

#define NONE                          \
	{                             \
		.dir = -1, .path = -1 \
	}
#define CALL1(name, kind, dir, path)                  \
	{                                             \
		name, kind, {(dir), (path)}, NONE, -1 \
	}
#define CALL2(name, kind, dir, path, dir2, path2)                  \
	{                                                          \
		name, kind, {(dir), (path)}, {(dir2), (path2)}, -1 \
	}
#define OPEN(name, dir, path, flags)                             \
	{                                                        \
		name, WATCH_OPEN, {(dir), (path)}, NONE, (flags) \
	}

const struct watch_call watch_calls[] = {
	OPEN("open", -1, 0, 1),
	OPEN("openat", 0, 1, 2),
	CALL1("openat2", WATCH_OPEN, 0, 1),
	CALL1("creat", WATCH_OPEN, -1, 0),
	CALL1("truncate", WATCH_OPEN, -1, 0),
	CALL1("truncate64", WATCH_OPEN, -1, 0),
	CALL1("mkdir", WATCH_NAME, -1, 0),
	CALL1("mkdirat", WATCH_NAME, 0, 1),
	CALL1("rmdir", WATCH_NAME, -1, 0),
	CALL1("unlink", WATCH_NAME, -1, 0),
	CALL1("unlinkat", WATCH_NAME, 0, 1),
	CALL1("mknod", WATCH_NAME, -1, 0),
	CALL1("mknodat", WATCH_NAME, 0, 1),
	CALL1("symlink", WATCH_NAME, -1, 1),
	CALL1("symlinkat", WATCH_NAME, 1, 2),
	CALL1("link", WATCH_NAME, -1, 1),
	CALL1("linkat", WATCH_NAME, 2, 3),
	CALL2("rename", WATCH_NAME, -1, 0, -1, 1),
	CALL2("renameat", WATCH_NAME, 0, 1, 2, 3),
	CALL2("renameat2", WATCH_NAME, 0, 1, 2, 3),
	CALL1("chmod", WATCH_META, -1, 0),
	CALL1("fchmod", WATCH_META, 0, -1),
	CALL1("fchmodat", WATCH_META, 0, 1),
	CALL1("fchmodat2", WATCH_META, 0, 1),
	CALL1("chown", WATCH_META, -1, 0),
	CALL1("chown32", WATCH_META, -1, 0),
	CALL1("fchown", WATCH_META, 0, -1),
	CALL1("fchown32", WATCH_META, 0, -1),
	CALL1("fchownat", WATCH_META, 0, 1),
	CALL1("utime", WATCH_META, -1, 0),
	CALL1("utimes", WATCH_META, -1, 0),
	CALL1("futimesat", WATCH_META, 0, 1),
	CALL1("utimensat", WATCH_META, 0, 1),
	CALL1("utimensat_time64", WATCH_META, 0, 1),
	CALL1("setxattr", WATCH_META, -1, 0),
	CALL1("fsetxattr", WATCH_META, 0, -1),
	CALL1("removexattr", WATCH_META, -1, 0),
	CALL1("fremovexattr", WATCH_META, 0, -1),
	CALL1("ptrace", WATCH_TRACE, -1, -1),
};
const size_t watch_calls_n = ARRAY_SIZE(watch_calls);

#define CALL_MAX 5					  /* instructions of a call */
#define ARCH_MAX (5 + CALL_MAX * ARRAY_SIZE(watch_calls)) /* of an architecture */

struct code {
	struct sock_filter at[2 * ARCH_MAX + 1];
	unsigned short n;
};

static void add(struct code *code, struct sock_filter one)
{
	code->at[code->n++] = one;
}

static void add_answer(struct code *code, uint32_t answer)
{
	add(code, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, answer));
}

static void add_load(struct code *code, size_t offset)
{
	add(code, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void add_call(struct code *code, size_t i, bool compat)
{
	const struct watch_call *call = &watch_calls[i];
	bool tested = call->flags >= 0;
	int number = seccomp_number_of(call->name, compat);

	if (number < 0)
		return;
	add(code, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0,
					       tested ? 4 : 1));
	if (tested) {
		add_load(code, offsetof(struct seccomp_data, args) + 8 * (size_t)call->flags);
		add(code, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, WRITES, 0, 1));
	}
	add_answer(code, SECCOMP_RET_TRACE | (uint32_t)i);
	if (tested)
		add_answer(code, SECCOMP_RET_ALLOW);
}

static void add_arch(struct code *code, uint32_t arch, bool compat)
{
	unsigned short skip;

	add_load(code, offsetof(struct seccomp_data, arch));
	add(code, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch, 1, 0));
	skip = code->n;
	add(code, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
	add_load(code, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < watch_calls_n; i++)
		add_call(code, i, compat);
	add_answer(code, SECCOMP_RET_ALLOW);
	code->at[skip].k = code->n - skip - 1u;
}

int watch_filter_apply(struct err *e)
{
	struct code code = {.n = 0};
	struct sock_fprog program = {.filter = code.at};

	add_arch(&code, NATIVE, false);
	add_arch(&code, COMPAT, true);
	add_answer(&code, SECCOMP_RET_ALLOW);
	program.len = code.n;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return err_sys(e, errno, "cannot install the filter of a watched session");
	return 0;
}
