/*
 * project.c - the namespaces that the boxes of a project are in.
 */
#include "launch/project.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/helper.h"
#include "base/idmap.h"

void project_clear(struct project *p)
{
	close_fd(&p->userns);
	close_fd(&p->netns);
}

/* On failure a descriptor may be open: the program ends. */
static int make(void *arg, struct err *e)
{
	struct project *p = arg;
	uid_t uid = geteuid(); /* in the new namespace nobody has one yet */
	gid_t gid = getegid();
	int r;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return err_sys(e, errno, "cannot make the network's namespaces%s",
			       errno == ENOSPC ? " (user.max_net_namespaces)" : "");
	r = idmap_write(uid, gid, uid, gid, e);
	if (r < 0)
		return r;
	p->userns = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	p->netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (p->userns < 0 || p->netns < 0)
		return err_sys(e, errno, "cannot open the network's namespaces");
	return 0;
}

int project_make(struct project *ret, struct err *e)
{
	struct project made = PROJECT_INIT;
	int r = helper_run(make, &made, e);

	if (r == 0)
		*ret = made;
	return r;
}
