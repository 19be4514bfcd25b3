/*
 * plan.h - everything the launcher needs to know to start one box, as paths and numbers.
 *
 * The layer above builds a plan; plan_check() refuses what cannot work, by name; start_box() makes
 * it real. A plan owns nothing: its strings and descriptors belong to whoever built it and must
 * live until start_box() has returned.
 */
#ifndef LAUNCH_PLAN_H
#define LAUNCH_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* One page of mount data (mount(2)) holds this many "/proc/self/fd/NNN:" lower layers. */
#define PLAN_MAX_LOWERS 200
#define PLAN_MAX_MOUNTS 1024 /* each of 400 submodules is one, and some on its way */

enum plan_net {
	PLAN_NET_NEW,  /* an own network namespace with nothing but loopback */
	PLAN_NET_HOST, /* the host's */
};

enum plan_mount_kind {
	PLAN_MOUNT_BIND,    /* a file or directory of the host, with what is mounted below it */
	PLAN_MOUNT_TMPFS,   /* fresh memory */
	PLAN_MOUNT_OVERLAY, /* a directory of the host; what is written goes to upper */
	PLAN_MOUNT_DIR,	    /* no mount: the directory just has to exist, with this mode */
};

struct plan_mount {
	enum plan_mount_kind kind;
	const char *source;	  /* BIND, OVERLAY: absolute host path without links */
	const char *upper, *work; /* OVERLAY: directories of ours, or neither: memory */
	const char *target;	  /* absolute path inside the box */
	bool read_only;
	const char *beside;	 /* BIND: only where this exists in the box, unless NULL */
	bool replace;		 /* BIND: only where the target already exists */
	bool follow;		 /* BIND: a file that sessions bring up to date, see files.h */
	bool device;		 /* BIND: device nodes in it can be used */
	bool seeded;		 /* TMPFS: what the image has there is in it */
	mode_t mode;		 /* TMPFS, DIR: mode of the directory; 0 means 0755 */
	unsigned long long size; /* TMPFS: bytes; 0 for the kernel's default, half the memory */
};

/* What has to stand in the box's /etc; see etc.h. NULL: left alone. */
struct plan_etc {
	const char *passwd_line; /* without a newline */
	const char *group_line;
	bool only_ids;		 /* the user is the image's: entries that have their ids will do */
	bool hosts;		 /* localhost and the box's name have to be right */
	bool users;		 /* root and nsswitch.conf, too */
	const char *others;	 /* lines of the host's hosts(5) */
	const char *resolv_conf; /* all of it */
};

struct plan {
	const char *hostname; /* at most 64 bytes, HOST_NAME_MAX */

	/* Identity: box-root is outer_uid outside; you_uid is you, inside. */
	uid_t outer_uid, you_uid;
	gid_t outer_gid, you_gid;
	bool host_root; /* we are the host's uid 0: what that could change is read-only */

	/* Root: lower layers, top first; upper and work directory, or neither: memory. */
	const char *const *lowers;
	size_t n_lowers;
	const char *upper;
	const char *work;
	bool read_only_root;
	const char *staging; /* an empty host directory of ours to build the tree upon */

	struct plan_mount *mounts; /* in order; a later one may lie on an earlier one */
	size_t n_mounts;
	struct plan_etc etc;

	enum plan_net net;
	bool nested; /* namespaces, mount and clone3 inside are open */
	bool io_uring;
	bool perf;
	bool renames; /* directories of lower layers can be renamed by you, too */
	bool sudo;    /* serve sudo requests on /run/sandbox/sudo.sock */

	int stop_signal; /* what its first program gets when it is to stop; 0: SIGTERM */
	long linger_ms;	 /* how long the box stays after its last session; -1: for ever */

	int control_fd;	 /* control socket, SOCK_SEQPACKET; bound, and pid 1's to listen on */
	int lifetime_fd; /* locked file that pid 1 keeps open as long as it lives, or -1 */
};

/* 0, or -EINVAL with a message that names the entry that cannot work. */
int plan_check(const struct plan *p, struct err *e);

#endif
