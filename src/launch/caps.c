/*
 * caps.c - reducing capability sets; see capabilities(7).
 *
 * Promises that inheritable and ambient sets are empty (CVE-2022-24769) and that no bounding set
 * has CAP_SYS_ADMIN: the mounts of the box stay as the launcher made them. A nested user namespace,
 * where allowed, has its own full set, which is valid only over itself.
 */
#include "launch/caps.h"

#include <errno.h>
#include <linux/securebits.h>
#include <stdint.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "base/mem.h"

/* Docker's default set for root, without what reaches beyond the box. */
static const uint8_t root_caps[] = {
	CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FOWNER,  CAP_FSETID,		  CAP_KILL,
	CAP_SETGID,  CAP_SETUID,       CAP_SETPCAP, CAP_NET_BIND_SERVICE, CAP_NET_RAW,
	CAP_SETFCAP, CAP_SYS_CHROOT,   CAP_MKNOD,   CAP_AUDIT_WRITE,
};

/*
 * To trace where Yama restricts tracers, and to make user namespaces in which root has another id
 * (CAP_SETFCAP: user_namespaces(7), "writing uid_map", since Linux 5.12).
 */
static const uint64_t identity_caps = UINT64_C(1) << CAP_SYS_PTRACE | UINT64_C(1) << CAP_SETFCAP;

/* To record owners on files of any mode; raised only for that. */
static const uint64_t override_cap = UINT64_C(1) << CAP_DAC_OVERRIDE;

static uint64_t root_mask(bool host_root)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < ARRAY_SIZE(root_caps); i++)
		mask |= UINT64_C(1) << root_caps[i];
	return host_root ? mask & ~(UINT64_C(1) << CAP_SETFCAP) : mask;
}

static int shrink_bounding(uint64_t mask, struct err *e)
{
	/*
	 * The kernel drops the capabilities it knows from the bounding set and answers EINVAL for
	 * others.
	 */
	for (int cap = 0; cap < 64; cap++)
		if (!(mask >> cap & 1) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
			if (errno == EINVAL)
				break;
			return err_sys(e, errno, "cannot drop capability %d", cap);
		}
	return 0;
}

static int set_caps(uint64_t mask, uint64_t permitted, struct err *e)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{.effective = (uint32_t)mask, .permitted = (uint32_t)permitted},
		{.effective = (uint32_t)(mask >> 32), .permitted = (uint32_t)(permitted >> 32)},
	};

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return err_sys(e, errno, "cannot clear ambient capabilities");
	if (capset(&header, data) < 0)
		return err_sys(e, errno, "cannot set capabilities");
	return 0;
}

int caps_keep_root(bool host_root, struct err *e)
{
	uint64_t mask = root_mask(host_root);

	return set_caps(mask, mask | identity_caps, e);
}

int caps_keep_identity(struct err *e)
{
	return set_caps(identity_caps, identity_caps | override_cap, e);
}

void caps_override(bool on)
{
	struct err ignored;

	set_caps(on ? identity_caps | override_cap : identity_caps, identity_caps | override_cap,
		 &ignored);
}

int caps_trace(bool host_root, struct err *e)
{
	uint64_t mask = root_mask(host_root);

	return set_caps(mask | UINT64_C(1) << CAP_SYS_PTRACE, mask | identity_caps, e);
}

int caps_drop_to_root(bool host_root, struct err *e)
{
	uint64_t mask = root_mask(host_root);
	int r = shrink_bounding(mask, e);

	return r < 0 ? r : set_caps(mask, mask, e);
}

int caps_drop_all(struct err *e)
{
	int r;

	if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0) < 0)
		return err_sys(e, errno, "cannot lock securebits");
	r = shrink_bounding(0, e);
	return r < 0 ? r : set_caps(0, 0, e);
}
