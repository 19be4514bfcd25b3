/*
 * doctor_net.c - can this machine carry a box's traffic (network = gateway), and what of it?
 *
 * Tries what the gateway does, in network namespaces that end with the try.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/spawn.h"
#include "config/xdg.h"
#include "doctor/doctor_probe.h"
#include "gateway/contract.h"
#include "gateway/host_route.h"
#include "gateway/setup_link.h"
#include "gateway/setup_nft.h"

#define ANY_PORT 1024 /* nothing listens: only that the filter is accepted matters */

/* Shared with the child of the try. */
struct attempt {
	char kind[16]; /* what carries the interface; "": nothing does */
	bool wire;     /* networks of a project can be connected */
	struct err err;
};

/* What setup_bridge.c connects networks by, each in a namespace of its own. */
static bool try_wire(void)
{
	static const char *const kinds[] = {"bridge", "veth"};
	struct err ignored;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct netlink_batch b = {0};

		link_build_interface(&b, kinds[i]);
		if (unshare(CLONE_NEWNET) < 0 || link_send(&b, &ignored) < 0)
			return false;
	}
	return true;
}

static int try_gateway(void *arg)
{
	struct attempt *a = arg;
	const char *kind = NULL;
	int r = link_setup(&kind, NETWORK_SHARED, false, &a->err);

	if (r == 0 && kind)
		snprintf(a->kind, sizeof(a->kind), "%s", kind);
	if (r == 0)
		r = nft_setup(ANY_PORT, NETWORK_SHARED, false, false, &a->err);
	a->wire = r == 0 && try_wire();
	return r;
}

/* icmp(7): the gateway sends pings by such a socket of the host. */
static bool may_ping(void)
{
	cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);

	return fd >= 0;
}

static bool has_ipv6(void)
{
	struct err ignored;

	return host_route_init(&ignored) == 0 && host_route_has_ipv6();
}

/* It works: what is missing of it? The first thing counts, the others are in the text. */
static void tell_features(const struct attempt *a, struct doctor_result *ret)
{
	bool ping = may_ping();
	const char *rung = !*a->kind  ? "programs in a box see no network interface"
			   : !a->wire ? "services with a network of their own are refused"
			   : !ping    ? "ping in a box says 'Packet filtered'"
				      : NULL;

	doctor_set(ret, rung ? DOCTOR_NOTE : DOCTOR_OK, rung, "%s%s%s, %s, %s",
		   *a->kind ? "eth0 is a " : "no interface can be made", a->kind,
		   a->wire ? "" : ", no bridge between services",
		   ping ? "ping" : "no permission to ping",
		   has_ipv6() ? "IPv6" : "no IPv6: the host has no default route of it");
	if (!*a->kind)
		doctor_fix(ret, "sudo modprobe dummy");
	if (!a->wire)
		doctor_fix(ret, "sudo modprobe -a bridge veth");
	if (!ping)
		doctor_fix(ret, "sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'");
}

/* It works, so a holder that has seen it fail, as before a module was loaded, may try again. */
static void forget_missing(void)
{
	cleanup_free char *dir = NULL, *path = NULL;
	struct err ignored;

	if (xdg_runtime_dir(&dir, &ignored) < 0)
		return;
	path = path_join(dir, GATEWAY_MISSING);
	unlink(path);
}

static void tell_failure(const struct attempt *a, struct doctor_result *ret)
{
	cleanup_free char *pasta = spawn_find("pasta");

	if (pasta)
		doctor_set(ret, DOCTOR_NOTE,
			   "pasta takes its place, and enforces no policy and publishes no ports",
			   "%s; '%s' is installed", a->err.msg, pasta);
	else
		doctor_set(ret, DOCTOR_NOTE, "network = gateway is refused",
			   "%s; pasta is not installed", a->err.msg);
	doctor_fix(ret, "sudo modprobe -a nf_tables nft_tproxy");
	if (!pasta)
		doctor_fix(ret, "sudo apt install passt");
}

void doctor_check_gateway(const struct doctor_place *place, struct doctor_result *ret)
{
	struct attempt *a = mmap(NULL, sizeof(*a), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *step = "mmap";
	int r = a == MAP_FAILED ? -errno : doctor_try(CLONE_NEWNET, try_gateway, a, &step);

	(void)place;
	if (r < 0 && *step) {
		doctor_set(ret, DOCTOR_NOTE, "network = gateway is refused", "not tried: %s failed",
			   step);
	} else if (r < 0) {
		tell_failure(a, ret);
	} else {
		tell_features(a, ret);
		forget_missing();
	}
	if (a != MAP_FAILED)
		munmap(a, sizeof(*a));
}
