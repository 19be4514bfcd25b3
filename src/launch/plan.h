/*
 * plan.h - everything the launcher needs to start one box, as paths and numbers.
 *
 * The layer above builds a plan; plan_check() refuses one that cannot work, naming the entry;
 * start_box() carries it out. A plan owns nothing: its strings and descriptors belong to whoever
 * built it and must live until start_box() has returned.
 */
#ifndef LAUNCH_PLAN_H
#define LAUNCH_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* One page of mount data (mount(2)) holds this many "/proc/self/fd/NNN:" lower layers. */
#define PLAN_MAX_LOWERS 200
#define PLAN_MAX_MOUNTS 1024 /* 400 submodules need one each, and some for directories in between */
struct gateway_link;

/* A line "exit STATUS", of proc.h; the first one counts. */
#define PLAN_EXIT_NOTE "exit "

enum plan_net {
	PLAN_NET_NEW,	  /* a new network namespace with only loopback */
	PLAN_NET_HOST,	  /* the host's */
	PLAN_NET_GATEWAY, /* one of the project's, of which a gateway carries the traffic */
};

enum plan_mount_kind {
	PLAN_MOUNT_BIND,    /* a file or directory of the host, with the mounts below it */
	PLAN_MOUNT_TEXT,    /* a file in memory, read-only */
	PLAN_MOUNT_TMPFS,   /* fresh memory */
	PLAN_MOUNT_OVERLAY, /* a directory of the host; writes go to upper */
	PLAN_MOUNT_DIR,	    /* not a mount: the directory must exist, with this mode */
};

struct plan_mount {
	enum plan_mount_kind kind;
	const char *
		source; /* BIND, OVERLAY: absolute host path without symlinks; TEXT: what it says */
	const char *upper, *work; /* OVERLAY: directories of ours; both NULL: memory */
	const char *target;	  /* absolute path inside the box */
	bool read_only;
	const char *beside; /* BIND: only if this exists in the box; NULL: always */
	bool replace;	    /* BIND: only if the target already exists */
	bool follow;	    /* BIND: a file that sessions keep up to date, see files.h */
	bool device;	    /* BIND: device nodes in it work */
	bool seeded;	    /* TMPFS: filled with what the image has there */
	/* BIND: a file that exists until the source, an empty directory of ours, has the image's files. */
	const char *unfilled;
	mode_t mode; /* TMPFS, DIR: mode of the directory; 0 means 0755; TEXT: as it is */
	unsigned long long size; /* TMPFS: bytes; 0 for the kernel's default, half the memory */
};

/* What comes in by a socket of the host goes to a port of the box. */
struct plan_port {
	int fd; /* bound; of TCP it listens; -1: at 127.0.0.1 of the project's boxes */
	bool udp;
	uint16_t box;
};

/* Required content of the box's /etc; see etc.h. NULL: leave it alone. */
struct plan_etc {
	const char *passwd_line; /* without a newline */
	const char *group_line;
	bool only_ids;		 /* the image defines the user: entries with these ids are enough */
	bool hosts;		 /* localhost and the box's name must resolve */
	bool users;		 /* also fix root and nsswitch.conf */
	const char *others;	 /* additional lines for hosts(5), from the host */
	const char *resolv_conf; /* the whole file */
};

struct plan {
	const char *hostname; /* at most 64 bytes, HOST_NAME_MAX */

	/* Identity: box-root is outer_uid outside; you_uid is you, inside. */
	uid_t outer_uid, you_uid;
	gid_t outer_gid, you_gid;
	bool host_root; /* we are the host's uid 0: what it could change is read-only */

	/* Root: lower layers, top first; upper and work directory, or both NULL: memory. */
	const char *const *lowers;
	size_t n_lowers;
	const char *upper;
	const char *work;
	bool read_only_root;
	const char *staging; /* an empty host directory of ours to build the tree on */

	struct plan_mount *mounts; /* in order; a later one may be on top of an earlier one */
	size_t n_mounts;
	struct plan_etc etc;

	enum plan_net net;
	const struct plan_port *ports; /* GATEWAY */
	size_t n_ports;
	struct gateway_link *gateway; /* GATEWAY: joined (gateway.h); else NULL */
	bool nested;		      /* allows namespaces, mount and clone3 inside */
	bool forward;		      /* what listens inside appears on the host; not with nested */
	bool owners;		      /* a build: every file has an owner; not with nested */
	bool io_uring, perf;
	bool renames; /* you too can rename directories of lower layers */
	bool sudo;    /* serve sudo requests on /run/sandbox/sudo.sock */

	int stop_signal; /* sent to its first program to stop it; 0: SIGTERM */
	long linger_ms;	 /* how long the box stays after its last session; -1: forever */

	int control_fd;	 /* control socket, SOCK_SEQPACKET, bound; pid 1 listens on it */
	int lifetime_fd; /* locked file that pid 1 keeps open while it lives, or -1 */
	bool notes_exit; /* pid 1 appends to it how the first session ended: PLAN_EXIT_NOTE */
};

/* 0, or -EINVAL with a message that names the invalid entry; of all, or of its mounts alone. */
int plan_check(const struct plan *p, struct err *e);
int plan_check_mounts(const struct plan *p, struct err *e);

#endif
