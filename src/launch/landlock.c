/*
 * landlock.c - scoping abstract sockets and signals; landlock(7).
 *
 * Pid 1 enters the domain before any session exists: sessions that each entered their own would be
 * siblings, and siblings cannot signal or trace each other.
 */
#include "launch/landlock.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/* From include/uapi/linux/landlock.h of Linux 6.12; Debian 12's headers are older. */
#define SCOPE_ABSTRACT_UNIX_SOCKET (UINT64_C(1) << 0)
#define SCOPE_SIGNAL		   (UINT64_C(1) << 1)
#define CREATE_RULESET_VERSION	   1u
#define SCOPES_ABI		   6

struct ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

int landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

	return abi < 0 ? 0 : (int)abi;
}

bool landlock_scopes(void)
{
	return landlock_abi() >= SCOPES_ABI;
}

int landlock_scope(struct err *e)
{
	struct ruleset_attr attr = {.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL};
	cleanup_close int fd = -1;

	if (!landlock_scopes())
		return 0;
	fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (fd < 0)
		return err_sys(e, errno, "cannot make a Landlock ruleset");
	if (syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return err_sys(e, errno, "cannot take the Landlock domain");
	return 1;
}
