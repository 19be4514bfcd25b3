/*
 * kernel.c - restrictions that this kernel cannot enforce.
 *
 * Abstract sockets belong to the network namespace, so a box that shares the host's would reach
 * them; a Landlock domain scopes them since Linux 6.12. On older kernels a box starts nevertheless,
 * with a note; `[policy] deny = abstract-sockets` makes it an error.
 */
#include "grant/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/policy.h"
#include "launch/landlock.h"

#define SAID	 "kernel" /* in a box's directory: the kernel release that it was said for */
#define SAID_MAX 256

/* Is it uid 0 of the host's own user namespace, or mapped to that? */
static bool is_host_root(uid_t uid)
{
	cleanup_buf struct buf map = BUF_INIT;
	unsigned inside, outside;
	struct err ignored;

	if (uid != 0)
		return false;
	return file_read(AT_FDCWD, "/proc/self/uid_map", 4096, &map, &ignored) < 0 ||
	       sscanf(map.data, "%u %u", &inside, &outside) != 2 || outside == 0;
}

static bool reaches_sockets(const struct plan *p)
{
	return p->net == PLAN_NET_HOST && !landlock_scopes();
}

int kernel_check(const struct plan *p, struct err *e)
{
	cleanup_free char *where = NULL;
	int r = reaches_sockets(p) ? policy_denies(POLICY_SOCKETS, &where, e) : 0;

	if (r < 0)
		return r;
	if ((p->nested || p->io_uring) && is_host_root(p->outer_uid))
		return err_set(
			e, ERR_USAGE,
			"'%s = yes' is refused to root of this machine: code in the box could "
			"make itself root outside. Start it as an ordinary user",
			p->nested ? "nested" : "io-uring");
	if (where)
		return err_set(
			e, EACCES,
			"the policy of %s denies the host's abstract sockets, which this kernel "
			"cannot keep from a box with the host's network (see sandbox doctor): "
			"use 'network = gateway' or 'none'",
			where);
	return 0;
}

void kernel_say(const struct box *b, const struct plan *p)
{
	static const char text[] =
		"this kernel lets a box with the host's network reach the host's "
		"abstract sockets, as those of X11 and D-Bus may be: use 'network = "
		"gateway' or 'none', or see sandbox doctor";
	cleanup_buf struct buf said = BUF_INIT;
	struct utsname u;
	struct err ignored;

	if (!reaches_sockets(p))
		return;
	if (b->temporary) {
		log_note("%s", text);
		return;
	}
	uname(&u);
	if (file_read(b->dir_fd, SAID, SAID_MAX, &said, &ignored) == 0 &&
	    strcmp(said.data, u.release) == 0)
		return;
	log_warn("%s", text);
	file_write_atomic(b->dir_fd, SAID, u.release, strlen(u.release), 0600, &ignored);
}
