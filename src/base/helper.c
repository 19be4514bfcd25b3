/*
 * helper.c - a short-lived process that shares all but its namespaces with its caller.
 */
#include "base/helper.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

struct helper {
	int (*work)(void *arg, struct err *e);
	void *arg;
	struct err *err;
	int result;
};

static int helper_main(void *arg)
{
	struct helper *h = arg;

	h->result = h->work(h->arg, h->err);
	return 0;
}

int helper_run(int (*work)(void *arg, struct err *e), void *arg, struct err *e)
{
	/*
	 * Several batches of netlink, of 16 KiB each, may be in it at once; what is not used costs
	 * nothing.
	 */
	_Alignas(16) char stack[256 << 10];
	struct helper h = {.work = work, .arg = arg, .err = e, .result = -ECHILD};
	pid_t pid = clone(helper_main, stack + sizeof(stack),
			  CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, &h);

	if (pid < 0)
		return err_sys(e, errno, "cannot start a helper process");
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return h.result == -ECHILD ? err_set(e, ECHILD, "the helper process was killed") : h.result;
}
