/*
 * refused.c - why the kernel makes or lets join no user namespace, and what the user can do.
 */
#include "launch/refused.h"

#include <errno.h>
#include <unistd.h>

#include "launch/box_paths.h"

int refused_userns(int errnum, struct err *e)
{
	/* Inside a box the filter refuses it; this directory tells that we are in one. */
	if ((errnum == ENOSYS || errnum == EPERM) && access(BOX_RUN_DIR, F_OK) == 0)
		return err_set(
			e, errnum,
			"this is a box, and boxes in it need 'nested = yes' in [sandbox] of its "
			"sandbox.ini");
	switch (errnum) {
	case ENOSPC:
		return err_set(
			e, ENOSPC,
			"namespaces are used up or switched off: raise max_user_namespaces and "
			"max_net_namespaces in /proc/sys/user (see sandbox doctor)");
	case EPERM:
		return err_set(e, EPERM,
			       "this machine does not let users make user namespaces "
			       "(see sandbox doctor for the fix)");
	case EUSERS:
		return err_set(e, EUSERS, "user namespaces are nested too deep");
	default:
		return err_sys(e, errnum, "cannot make the box's namespaces");
	}
}

/* Only those above a user namespace may join it; user_namespaces(7). */
int refused_project(int errnum, struct err *e)
{
	if (errnum == EPERM)
		return err_set(
			e, EPERM,
			"the project's boxes run in another user namespace: stop them first");
	return err_sys(e, errnum, "cannot join the project's user namespace");
}
