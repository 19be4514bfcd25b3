/*
 * plan.c - refusing plans that cannot work.
 *
 * Promises that start_box() gets a well-formed plan, so that after the clone only errors of the
 * kernel can occur.
 */
#include "launch/plan.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"

/* Labels of a hostname; RFC 1123. It is written to the box's /etc/hosts. */
static int check_hostname(const char *name, struct err *e)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._";

	if (!*name || strlen(name) > HOST_NAME_MAX || name[strspn(name, allowed)])
		return err_set(e, ERR_USAGE,
			       "hostname '%s' is not 1 to %d letters, digits, '-', '.' or '_'",
			       name, HOST_NAME_MAX);
	return 0;
}

static int check_target(const char *target, bool device, struct err *e)
{
	if (target[0] != '/' || strlen(target) >= PATH_MAX)
		return err_set(e, EINVAL, "mount target '%s' is not an absolute path", target);
	for (const char *s = target; (s = strstr(s, "/..")); s += 3)
		if (s[3] == '\0' || s[3] == '/')
			return err_set(e, EINVAL, "mount target '%s' has a '..' in it", target);
	if (streq(target, "/"))
		return err_set(e, EINVAL, "mount target '/' is the box's root itself");
	if (path_is_reserved(target) && !(device && path_is_beneath(target, "/dev")))
		return err_set(e, EINVAL, "mount target '%s' is reserved for the box", target);
	return 0;
}

static int check_mount(const struct plan_mount *m, struct err *e)
{
	int r = check_target(m->target, m->device, e);

	if (r < 0)
		return r;
	if (!m->upper != !m->work)
		return err_set(e, EINVAL, "the overlay on '%s' needs a work directory", m->target);
	if ((m->kind == PLAN_MOUNT_BIND || m->kind == PLAN_MOUNT_OVERLAY) &&
	    (!m->source || m->source[0] != '/'))
		return err_set(e, EINVAL, "mount source for '%s' is not an absolute path",
			       m->target);
	return 0;
}

int plan_check_mounts(const struct plan *p, struct err *e)
{
	int r = 0;

	if (p->n_mounts > PLAN_MAX_MOUNTS)
		return err_set(e, EINVAL, "%zu mounts were asked for, at most %d can be made",
			       p->n_mounts, PLAN_MAX_MOUNTS);
	for (size_t i = 0; r == 0 && i < p->n_mounts; i++)
		r = check_mount(&p->mounts[i], e);
	return r;
}

int plan_check(const struct plan *p, struct err *e)
{
	int r;

	if (p->n_lowers == 0)
		return err_set(e, EINVAL, "the image has no layer");
	if (p->n_lowers > PLAN_MAX_LOWERS)
		return err_set(e, EINVAL, "the image has %zu layers, at most %d can be stacked",
			       p->n_lowers, PLAN_MAX_LOWERS);
	if (!p->upper != !p->work)
		return err_set(e, EINVAL, "an upper directory needs a work directory");
	if ((r = check_hostname(p->hostname, e)) < 0)
		return r;
	return plan_check_mounts(p, e);
}
