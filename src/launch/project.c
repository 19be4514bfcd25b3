/*
 * project.c - the namespaces that the boxes of a project are in.
 */
#include "launch/project.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/idmap.h"
#include "base/proc.h"
#include "launch/refused.h"

void project_clear(struct project *p)
{
	close_fd(&p->userns);
	close_fd(&p->netns);
}

static int make_userns(struct project *p, struct err *e)
{
	uid_t uid = geteuid(); /* in the new namespace nobody has one yet */
	gid_t gid = getegid();
	int r;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return refused_userns(errno, e);
	r = idmap_write(uid, gid, uid, gid, e);
	return r < 0 ? r : proc_open_namespace("user", &p->userns, e);
}

static int make_netns(const struct project *p, struct err *e)
{
	if (setns(p->userns, CLONE_NEWUSER) < 0)
		return refused_project(errno, e);
	if (unshare(CLONE_NEWNET) < 0)
		return err_sys(e, errno, "cannot make the box's network namespace%s",
			       errno == ENOSPC ? " (user.max_net_namespaces)" : "");
	return 0;
}

static int join(const struct project *p, struct err *e)
{
	if (setns(p->userns, CLONE_NEWUSER) < 0 || setns(p->netns, CLONE_NEWNET) < 0)
		return refused_project(errno, e);
	return 0;
}

int project_enter(struct project *p, struct err *e)
{
	int r;

	if (p->netns >= 0)
		return join(p, e);
	r = p->userns < 0 ? make_userns(p, e) : make_netns(p, e);
	return r < 0 ? r : proc_open_namespace("net", &p->netns, e);
}
