/*
 * identity_ids.h - the kernel's rules for changing ids, as pure arithmetic.
 */
#ifndef LAUNCH_IDENTITY_IDS_H
#define LAUNCH_IDENTITY_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDS_MAX_GROUPS 64 /* supplementary groups; NGROUPS_MAX is 65536, but nobody has that many */

enum ids_call {
	IDS_NONE,
	IDS_SETUID,
	IDS_SETGID,
	IDS_SETREUID,
	IDS_SETREGID,
	IDS_SETRESUID,
	IDS_SETRESGID,
	IDS_SETGROUPS,
	IDS_GETGROUPS,
	IDS_SETNS,
	IDS_CAPSET,
	IDS_LISTEN, /* changes nothing: identity_listen.c */
	IDS_PEERCRED,
	IDS_RENAME, /* these three change no ids: identity_rename.c */
	IDS_RENAMEAT,
	IDS_RENAMEAT2,
	/* changes owners; identity_owner.c */
	IDS_CHOWN,
	IDS_LCHOWN,
	IDS_FCHOWN,
	IDS_FCHOWNAT,
	IDS_STAT,
	IDS_LSTAT,
	IDS_FSTATAT,
	IDS_STATX,
	IDS_FSTAT,
	IDS_UTIME,
	IDS_UTIMES,
	IDS_FUTIMESAT,
	IDS_UTIMENSAT,
	IDS_LISTXATTR,
	IDS_LLISTXATTR,
	IDS_FLISTXATTR,
	/* of capabilities; identity_capability.c */
	IDS_GETXATTR,
	IDS_LGETXATTR,
	IDS_FGETXATTR,
	IDS_SETXATTR,
	IDS_LSETXATTR,
	IDS_FSETXATTR,
	IDS_REMOVEXATTR,
	IDS_LREMOVEXATTR,
	IDS_FREMOVEXATTR,
	/* sets modes; identity_modes.c */
	IDS_CHMOD,
	IDS_FCHMOD,
	IDS_FCHMODAT,
	IDS_FCHMODAT2,
	IDS_MKNOD,
	IDS_MKNODAT,
	IDS_CREAT,
	IDS_OPEN,
	IDS_OPENAT,
	/* make files; identity_create.c */
	IDS_MKDIR,
	IDS_MKDIRAT,
	IDS_SYMLINK,
	IDS_SYMLINKAT,
	/* only for threads with exact ids (identity_exact.c) */
	IDS_GETUID,
	IDS_GETEUID,
	IDS_GETGID,
	IDS_GETEGID,
	IDS_GETRESUID,
	IDS_GETRESGID,
};

enum { IDS_REAL, IDS_EFFECTIVE, IDS_SAVED };

struct ids {
	uint32_t uid[3], gid[3]; /* indexed by IDS_REAL ... */
	bool has_groups;	 /* setgroups(2) was called; until then box-root's groups */
	uint32_t n_groups;
	uint32_t groups[IDS_MAX_GROUPS];
};

/*
 * The call that seccomp_data.nr means; arch is an AUDIT_ARCH_*. *ret_short: its ids are 16 bits
 * wide. IDS_NONE for any other call.
 */
enum ids_call ids_call_of(uint32_t arch, int nr, bool *ret_short);

/*
 * Changes ids as setuid(2), setreuid(2), setresuid(2) and their group variants would; privileged
 * stands for CAP_SETUID and CAP_SETGID. Returns 0, or -EPERM or -EINVAL with ids unchanged. call is
 * one of these six. is_short: the arguments are 16 bits wide.
 */
int ids_apply(struct ids *ids, enum ids_call call, const unsigned long long *args, bool is_short,
	      bool privileged);

/* Are all three uids the same and not root's? Then there is no way back. */
bool ids_final(const struct ids *ids);

#endif
