/*
 * doctor_net.c - can this machine carry a box's traffic (network = gateway)?
 *
 * Tries what the gateway does, in a network namespace that ends with the try.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "doctor/doctor_probe.h"
#include "gateway/setup_link.h"
#include "gateway/setup_nft.h"

#define ANY_PORT 1024 /* nothing listens: only that the filter is accepted matters */

/* Shared with the child of the try. */
struct attempt {
	char kind[16]; /* what carries the interface; "": nothing does */
	struct err err;
};

static int try_gateway(void *arg)
{
	struct attempt *a = arg;
	const char *kind = NULL;
	int r = link_setup(&kind, NETWORK_SHARED, false, &a->err);

	if (r == 0 && kind)
		snprintf(a->kind, sizeof(a->kind), "%s", kind);
	return r < 0 ? r : nft_setup(ANY_PORT, NETWORK_SHARED, false, false, &a->err);
}

void doctor_check_gateway(const struct doctor_place *place, struct doctor_result *ret)
{
	static const char rung[] = "network = gateway is refused";
	struct attempt *a = mmap(NULL, sizeof(*a), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *step = "mmap";
	int r = a == MAP_FAILED ? -errno : doctor_try(CLONE_NEWNET, try_gateway, a, &step);

	(void)place;
	if (r < 0 && *step)
		doctor_set(ret, DOCTOR_NOTE, rung, "not tried: %s failed", step);
	else if (r < 0)
		doctor_set(ret, DOCTOR_NOTE, rung, "%s", a->err.msg);
	else if (!*a->kind)
		doctor_set(ret, DOCTOR_NOTE, "programs in a box see no network interface",
			   "traffic can be carried, but no interface be made");
	else
		doctor_set(ret, DOCTOR_OK, NULL, "a box can have its own: eth0 is a %s", a->kind);
	if (r < 0 && !*step)
		doctor_fix(ret, "sudo modprobe -a nf_tables nft_tproxy");
	else if (r == 0 && !*a->kind)
		doctor_fix(ret, "sudo modprobe dummy");
	if (a != MAP_FAILED)
		munmap(a, sizeof(*a));
}
