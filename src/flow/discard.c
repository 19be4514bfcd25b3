/*
 * discard.c - removing a box: ends it, keeps what binds its project, and removes what an apply left
 * of it on the host.
 */
#include "flow/discard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "box/kept.h"
#include "box/lifecycle.h"
#include "box/service_box.h"
#include "changes/apply.h"
#include "config/devcontainer_file.h"
#include "launch/client.h"

/* A box that only lingers does not count as running: what is left in it is ended. */
static int end_for_removal(const struct box *b, bool force, struct err *e)
{
	cleanup_close int connection = -1;
	struct err ignored;
	bool answers;

	if (b->service)
		service_box_set_stopped(b, true, &ignored);
	if (!box_is_running(b))
		return 0;
	if (force)
		return box_stop(b, 0, e);
	answers = box_connect(b, &connection) == 0;
	if (answers && client_stop_idle(connection, BOX_STOP_MS, &ignored) == 0 &&
	    box_wait_ended(b, BOX_TEARDOWN_MS))
		return 0;
	return err_set(e, EBUSY, "box '%s' is running: 'sandbox stop %s' first, or use --force",
		       b->name, b->name);
}

/*
 * Makes a directory or lock that shuts its owner out accessible: it must be checked before it is
 * removed.
 */
static void open_up(const struct box *b)
{
	struct stat st;
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", b->dir_fd);
	if (fstat(b->dir_fd, &st) < 0)
		return;
	if ((st.st_mode & 0700) != 0700 && chmod(self, 0700) < 0)
		return; /* another user's; opening it reports the error */
	if (fstatat(b->dir_fd, "lock", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & 0600) != 0600 && fchmodat(b->dir_fd, "lock", 0600, 0) < 0)
		return;
}

int discard_box(const struct store *s, struct box *b, bool force, struct err *e)
{
	struct err left;
	int r;

	open_up(b);
	r = end_for_removal(b, force, e);

	if (r == 0)
		r = box_lock(s, b, e);
	if (r == -ERR_RETRY)
		return err_set(e, ENOENT, "there is no box '%s' any more", b->name);
	/* It may have been started while we waited for the lock. */
	if (r == 0)
		r = end_for_removal(b, force, e);
	if (r == 0 && !box_wait_gone(b, BOX_TEARDOWN_MS))
		r = err_set(e, EBUSY, "box '%s' does not end", b->name);
	/* A full disk must not prevent the removal of a box. */
	if (r == 0 && kept_bounds_leave(s, b, &left) < 0)
		log_warn("the restrictions of the project of box '%s' are not kept: %s", b->name,
			 left.msg);
	if (r < 0)
		return r;
	apply_clean(s, b);
	if (!b->trial && !b->service)
		devcontainer_prune(s->data_fd, b->project);
	return box_remove(s, b, e);
}
