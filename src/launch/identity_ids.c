/*
 * identity_ids.c - the kernel's rules for changing ids (kernel/sys.c), applied to numbers.
 *
 * Has no state and no side effects, so that every rule can be tested by itself.
 */
#include "launch/identity_ids.h"

#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/mem.h"

#define NO_CHANGE UINT32_MAX

#define NR_FCHMODAT2 452 /* Linux 6.6; the same everywhere; Debian 12's headers are older */

struct numbered {
	int nr;
	enum ids_call call;
	bool is_short;
};

static const struct numbered native[] = {
	{SYS_setuid, IDS_SETUID, false},
	{SYS_setgid, IDS_SETGID, false},
	{SYS_setreuid, IDS_SETREUID, false},
	{SYS_setregid, IDS_SETREGID, false},
	{SYS_setresuid, IDS_SETRESUID, false},
	{SYS_setresgid, IDS_SETRESGID, false},
	{SYS_setgroups, IDS_SETGROUPS, false},
	{SYS_getgroups, IDS_GETGROUPS, false},
	{SYS_setns, IDS_SETNS, false},
	{SYS_capset, IDS_CAPSET, false},
	{SYS_listen, IDS_LISTEN, false},
	{SYS_getsockopt, IDS_PEERCRED, false},
	{SYS_getuid, IDS_GETUID, false},
	{SYS_geteuid, IDS_GETEUID, false},
	{SYS_getgid, IDS_GETGID, false},
	{SYS_getegid, IDS_GETEGID, false},
	{SYS_getresuid, IDS_GETRESUID, false},
	{SYS_getresgid, IDS_GETRESGID, false},
	{SYS_renameat, IDS_RENAMEAT, false},
	{SYS_renameat2, IDS_RENAMEAT2, false},
	{SYS_fchown, IDS_FCHOWN, false},
	{SYS_fchownat, IDS_FCHOWNAT, false},
	{SYS_statx, IDS_STATX, false},
	{SYS_newfstatat, IDS_FSTATAT, false},
	{SYS_fchmod, IDS_FCHMOD, false},
	{SYS_fchmodat, IDS_FCHMODAT, false},
	{NR_FCHMODAT2, IDS_FCHMODAT2, false},
	{SYS_mknodat, IDS_MKNODAT, false},
	{SYS_openat, IDS_OPENAT, false},
	{SYS_fstat, IDS_FSTAT, false},
	{SYS_mkdirat, IDS_MKDIRAT, false},
	{SYS_symlinkat, IDS_SYMLINKAT, false},
	{SYS_utimensat, IDS_UTIMENSAT, false},
	{SYS_listxattr, IDS_LISTXATTR, false},
	{SYS_llistxattr, IDS_LLISTXATTR, false},
	{SYS_flistxattr, IDS_FLISTXATTR, false},
	{SYS_getxattr, IDS_GETXATTR, false},
	{SYS_lgetxattr, IDS_LGETXATTR, false},
	{SYS_fgetxattr, IDS_FGETXATTR, false},
	{SYS_setxattr, IDS_SETXATTR, false},
	{SYS_lsetxattr, IDS_LSETXATTR, false},
	{SYS_fsetxattr, IDS_FSETXATTR, false},
	{SYS_removexattr, IDS_REMOVEXATTR, false},
	{SYS_lremovexattr, IDS_LREMOVEXATTR, false},
	{SYS_fremovexattr, IDS_FREMOVEXATTR, false},
#if defined(__x86_64__)
	{SYS_rename, IDS_RENAME, false},
	{SYS_chown, IDS_CHOWN, false},
	{SYS_lchown, IDS_LCHOWN, false},
	{SYS_stat, IDS_STAT, false},
	{SYS_lstat, IDS_LSTAT, false},
	{SYS_chmod, IDS_CHMOD, false},
	{SYS_mknod, IDS_MKNOD, false},
	{SYS_creat, IDS_CREAT, false},
	{SYS_open, IDS_OPEN, false},
	{SYS_mkdir, IDS_MKDIR, false},
	{SYS_symlink, IDS_SYMLINK, false},
	{SYS_utime, IDS_UTIME, false},
	{SYS_utimes, IDS_UTIMES, false},
	{SYS_futimesat, IDS_FUTIMESAT, false},
#endif
};

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#define COMPAT_ARCH AUDIT_ARCH_I386
/* arch/x86/entry/syscalls/syscall_32.tbl; the macros of <asm/unistd_32.h> clash with ours. */
static const struct numbered compat[] = {
	{23, IDS_SETUID, true},	     {46, IDS_SETGID, true},
	{70, IDS_SETREUID, true},    {71, IDS_SETREGID, true},
	{80, IDS_GETGROUPS, true},   {81, IDS_SETGROUPS, true},
	{164, IDS_SETRESUID, true},  {170, IDS_SETRESGID, true},
	{185, IDS_CAPSET, false},    {203, IDS_SETREUID, false},
	{204, IDS_SETREGID, false},  {205, IDS_GETGROUPS, false},
	{206, IDS_SETGROUPS, false}, {208, IDS_SETRESUID, false},
	{210, IDS_SETRESGID, false}, {213, IDS_SETUID, false},
	{214, IDS_SETGID, false},    {346, IDS_SETNS, false},
	{363, IDS_LISTEN, false},    {102, IDS_LISTEN, false}, /* socketcall(2) */
	{365, IDS_PEERCRED, false},  {24, IDS_GETUID, true},
	{199, IDS_GETUID, false},    {49, IDS_GETEUID, true},
	{201, IDS_GETEUID, false},   {47, IDS_GETGID, true},
	{200, IDS_GETGID, false},    {50, IDS_GETEGID, true},
	{202, IDS_GETEGID, false},   {165, IDS_GETRESUID, true},
	{209, IDS_GETRESUID, false}, {171, IDS_GETRESGID, true},
	{211, IDS_GETRESGID, false}, {38, IDS_RENAME, false},
	{302, IDS_RENAMEAT, false},  {353, IDS_RENAMEAT2, false},
	{182, IDS_CHOWN, true},	     {212, IDS_CHOWN, false},
	{16, IDS_LCHOWN, true},	     {198, IDS_LCHOWN, false},
	{95, IDS_FCHOWN, true},	     {207, IDS_FCHOWN, false},
	{298, IDS_FCHOWNAT, false},  {5, IDS_OPEN, false},
	{8, IDS_CREAT, false},	     {14, IDS_MKNOD, false},
	{15, IDS_CHMOD, false},	     {94, IDS_FCHMOD, false},
	{295, IDS_OPENAT, false},    {297, IDS_MKNODAT, false},
	{306, IDS_FCHMODAT, false},  {NR_FCHMODAT2, IDS_FCHMODAT2, false},
	{39, IDS_MKDIR, false},	     {296, IDS_MKDIRAT, false},
	{83, IDS_SYMLINK, false},    {304, IDS_SYMLINKAT, false},
};
#else
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#define COMPAT_ARCH AUDIT_ARCH_ARM
static const struct numbered compat[] = {{-1, IDS_NONE, false}};
#endif

enum ids_call ids_call_of(uint32_t arch, int nr, bool *ret_short)
{
	const struct numbered *v = arch == NATIVE_ARCH ? native : compat;
	size_t n = arch == NATIVE_ARCH	 ? ARRAY_SIZE(native)
		   : arch == COMPAT_ARCH ? ARRAY_SIZE(compat)
					 : 0;

	for (size_t i = 0; i < n; i++)
		if (v[i].nr == nr) {
			*ret_short = v[i].is_short;
			return v[i].call;
		}
	return IDS_NONE;
}

static uint32_t argument(uint64_t arg, bool is_short)
{
	if (is_short)
		return (uint16_t)arg == UINT16_MAX ? NO_CHANGE : (uint16_t)arg;
	return (uint32_t)arg;
}

/* Is id NO_CHANGE, or one of the ids selected by the bits of which? */
static bool is_one_of(uint32_t id, const uint32_t *v, unsigned which)
{
	if (id == NO_CHANGE)
		return true;
	for (int i = 0; i < 3; i++)
		if (which >> i & 1 && v[i] == id)
			return true;
	return false;
}

#define REAL	  (1u << IDS_REAL)
#define EFFECTIVE (1u << IDS_EFFECTIVE)
#define SAVED	  (1u << IDS_SAVED)

static int set(uint32_t *v, uint32_t id, bool privileged)
{
	if (id == NO_CHANGE)
		return -EINVAL;
	if (privileged)
		v[IDS_REAL] = v[IDS_SAVED] = id;
	else if (!is_one_of(id, v, REAL | SAVED))
		return -EPERM;
	v[IDS_EFFECTIVE] = id;
	return 0;
}

static int set_re(uint32_t *v, uint32_t real, uint32_t effective, bool privileged)
{
	uint32_t old_real = v[IDS_REAL];

	if (!privileged && (!is_one_of(real, v, REAL | EFFECTIVE) ||
			    !is_one_of(effective, v, REAL | EFFECTIVE | SAVED)))
		return -EPERM;
	if (real != NO_CHANGE)
		v[IDS_REAL] = real;
	if (effective != NO_CHANGE)
		v[IDS_EFFECTIVE] = effective;
	if (real != NO_CHANGE || (effective != NO_CHANGE && effective != old_real))
		v[IDS_SAVED] = v[IDS_EFFECTIVE];
	return 0;
}

static int set_res(uint32_t *v, const uint32_t id[3], bool privileged)
{
	for (int i = 0; i < 3; i++)
		if (!privileged && !is_one_of(id[i], v, REAL | EFFECTIVE | SAVED))
			return -EPERM;
	for (int i = 0; i < 3; i++)
		if (id[i] != NO_CHANGE)
			v[i] = id[i];
	return 0;
}

int ids_apply(struct ids *ids, enum ids_call call, const unsigned long long *args, bool is_short,
	      bool privileged)
{
	uint32_t id[3] = {argument(args[0], is_short), argument(args[1], is_short),
			  argument(args[2], is_short)};

	switch (call) {
	case IDS_SETUID:
		return set(ids->uid, id[0], privileged);
	case IDS_SETGID:
		return set(ids->gid, id[0], privileged);
	case IDS_SETREUID:
		return set_re(ids->uid, id[0], id[1], privileged);
	case IDS_SETREGID:
		return set_re(ids->gid, id[0], id[1], privileged);
	case IDS_SETRESUID:
		return set_res(ids->uid, id, privileged);
	case IDS_SETRESGID:
		return set_res(ids->gid, id, privileged);
	default:
		return -EINVAL;
	}
}

bool ids_final(const struct ids *ids)
{
	const uint32_t *u = ids->uid;

	return u[IDS_REAL] != 0 && u[IDS_REAL] == u[IDS_EFFECTIVE] && u[IDS_REAL] == u[IDS_SAVED];
}
