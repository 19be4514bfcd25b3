/*
 * identity_calls.c - set*id, setgroups and getgroups of processes under box-root's filter.
 *
 * The user namespace of the caller decides:
 *
 *	the box's		box-root: the request is remembered, and made true
 *	one of ours		already switched: answered as the kernel answers a non-root user
 *	any other		a box inside, or another sandbox: the kernel handles the call
 */
#include "launch/identity_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "launch/identity_capability.h"
#include "launch/identity_create.h"
#include "launch/identity_listen.h"
#include "launch/identity_marks.h"
#include "launch/identity_modes.h"
#include "launch/identity_notice.h"
#include "launch/identity_owner.h"
#include "launch/identity_peer.h"
#include "launch/identity_rename.h"
#include "launch/identity_switch.h"
#include "launch/identity_trace.h"

static size_t id_size(const struct notice *c)
{
	return c->is_short ? sizeof(uint16_t) : sizeof(uint32_t);
}

/* Reads the list of setgroups(2) into ids; 0 or -errno. */
static int read_groups(const struct supervisor *s, const struct notice *c, struct ids *ids)
{
	size_t n = (uint32_t)c->n->data.args[0], size = n * id_size(c);
	uint32_t list[IDS_MAX_GROUPS] = {0};
	uint16_t narrow[IDS_MAX_GROUPS] = {0};
	cleanup_close int fd = -1;

	if (n > IDS_MAX_GROUPS)
		return -EINVAL;
	if (n > 0) {
		fd = notice_memory(c, s->proc_fd, O_RDONLY);
		if (fd < 0 || pread(fd, c->is_short ? (void *)narrow : (void *)list, size,
				    (off_t)c->n->data.args[1]) != (ssize_t)size)
			return -EFAULT;
	}
	ids->n_groups = (uint32_t)n;
	for (size_t i = 0; i < n; i++)
		ids->groups[i] = c->is_short ? narrow[i] : list[i];
	ids->has_groups = true;
	return 0;
}

/* Answers getgroups(2) with this list. */
static void answer_groups(const struct supervisor *s, const struct notice *c,
			  const uint32_t *groups, uint32_t n)
{
	uint32_t room = (uint32_t)c->n->data.args[0];
	uint16_t narrow[IDS_MAX_GROUPS];
	size_t size = n * id_size(c);
	cleanup_close int fd = -1;

	if (room > INT32_MAX || (room > 0 && room < n)) {
		notice_answer(c, EINVAL, 0);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		narrow[i] = (uint16_t)groups[i];
	if (room > 0 && n > 0) {
		fd = notice_memory(c, s->proc_fd, O_RDWR);
		if (fd < 0 || pwrite(fd, c->is_short ? (const void *)narrow : (const void *)groups,
				     size, (off_t)c->n->data.args[1]) != (ssize_t)size) {
			notice_answer(c, EFAULT, 0);
			return;
		}
	}
	notice_answer(c, 0, n);
}

/* Its real, effective and saved ids are all those of its namespace. */
static void answer_switched(const struct supervisor *s, const struct notice *c,
			    const struct space *space)
{
	struct ids ids = {.uid = {space->uid, space->uid, space->uid},
			  .gid = {space->gid, space->gid, space->gid}};

	switch (c->call) {
	case IDS_GETGROUPS:
		answer_groups(s, c, space->groups, space->n_groups);
		break;
	case IDS_CAPSET:
		notice_continue(c);
		break;
	case IDS_SETGROUPS:
	case IDS_SETNS:
		notice_answer(c, EPERM, 0);
		break;
	default:
		notice_answer(c, -ids_apply(&ids, c->call, c->n->data.args, c->is_short, false), 0);
	}
}

/* The caller's entry: its own, or a new one copied from its process or parent. */
static struct task *task_of(struct supervisor *s, pid_t tid, const struct proc_info *info)
{
	struct task *task = task_find(&s->tasks, tid, info->start), *from = NULL;
	struct proc_info other;
	struct ids ids = {0};

	if (task)
		return task;
	if (info->tgid != tid && proc_info_read(s->proc_fd, info->tgid, &other) == 0)
		from = task_find(&s->tasks, info->tgid, other.start);
	else if (info->parent > 1 && proc_info_read(s->proc_fd, info->parent, &other) == 0)
		from = task_find(&s->tasks, info->parent, other.start);
	if (from && from->ids.uid[IDS_EFFECTIVE] == 0)
		ids = from->ids;
	task = task_add(&s->tasks, s->proc_fd, tid, info->start); /* may drop stale entries */
	if (task)
		task->ids = ids;
	return task;
}

/* Makes the request true, now or at the next exec, and answers. */
static void carry_out(struct supervisor *s, const struct notice *c, struct task *task,
		      const struct ids *ids, const struct proc_info *info)
{
	bool root = ids->uid[IDS_EFFECTIVE] == 0 && ids->uid[IDS_REAL] == 0;
	bool begins = task->state == TASK_KNOWN;
	bool now = info->threads == 1 && !task->kept && ids_final(ids);
	const struct space *space = now ? spaces_get(&s->spaces, ids, s->proc_fd) : NULL;
	int r = 0;

	if (now && !space)
		r = errno == EPERM ? -EPERM : -EAGAIN;
	else if (!root)
		r = trace_start(task, c);
	if (r < 0) {
		notice_answer(c, -r, 0);
		return;
	}
	task->before = task->ids;
	task->ids = *ids;
	if (space) {
		switch_begin(task, c, space);
	} else if (root && task->state == TASK_WAITING) {
		trace_let_go(task, c);
	} else if (!root && begins && info->threads == 1) {
		task->exact = true;
		trace_stop_at_answer(task, c, TASK_ENTERING);
	} else {
		notice_answer(c, 0, 0);
	}
}

static void answer_root(struct supervisor *s, const struct notice *c, const struct proc_info *info)
{
	struct task *task = task_of(s, (pid_t)c->n->pid, info);
	struct ids ids;
	bool privileged;
	int r;

	if (!task) {
		notice_answer(c, EAGAIN, 0);
		return;
	}
	ids = task->ids;
	privileged = ids.uid[IDS_EFFECTIVE] == 0 || task->kept;
	if (c->call == IDS_GETGROUPS) {
		if (ids.has_groups)
			answer_groups(s, c, ids.groups, ids.n_groups);
		else
			notice_continue(c);
		return;
	}
	if (c->call == IDS_SETGROUPS)
		r = privileged ? read_groups(s, c, &ids) : -EPERM;
	else
		r = ids_apply(&ids, c->call, c->n->data.args, c->is_short, privileged);
	if (r < 0)
		notice_answer(c, -r, 0);
	else
		carry_out(s, c, task, &ids, info);
}

/* Does this capset(2) drop the permission to change ids? */
static bool gives_ids_up(const struct supervisor *s, const struct notice *c)
{
	struct __user_cap_data_struct data;
	cleanup_close int fd = notice_memory(c, s->proc_fd, O_RDONLY);

	return fd >= 0 &&
	       pread(fd, &data, sizeof(data), (off_t)c->n->data.args[1]) == sizeof(data) &&
	       !(data.permitted & (1u << CAP_SETUID | 1u << CAP_SETGID));
}

/*
 * Box-root's capabilities stay as they are. A daemon using libcap-ng keeps some across its final
 * change of ids and then drops the permission to change them: it is switched here.
 */
static void answer_capset(struct supervisor *s, const struct notice *c,
			  const struct proc_info *info)
{
	struct task *task = task_find(&s->tasks, (pid_t)c->n->pid, info->start);
	struct ids ids;

	if (!task || !task->kept || !ids_final(&task->ids) || !gives_ids_up(s, c)) {
		notice_answer(c, 0, 0);
		return;
	}
	ids = task->ids;
	task->kept = false;
	carry_out(s, c, task, &ids, info);
}

/* Handles a call about times or attributes of files; false if it is another. */
static bool answer_of_attributes(const struct supervisor *s, const struct notice *c)
{
	switch (c->call) {
	case IDS_UTIME:
	case IDS_UTIMES:
	case IDS_FUTIMESAT:
	case IDS_UTIMENSAT:
		identity_marks_times(s, c);
		return true;
	case IDS_LISTXATTR:
	case IDS_LLISTXATTR:
	case IDS_FLISTXATTR:
		identity_marks_list(s, c);
		return true;
	case IDS_GETXATTR:
	case IDS_LGETXATTR:
	case IDS_FGETXATTR:
	case IDS_SETXATTR:
	case IDS_LSETXATTR:
	case IDS_FSETXATTR:
	case IDS_REMOVEXATTR:
	case IDS_LREMOVEXATTR:
	case IDS_FREMOVEXATTR:
		identity_capability_answer(s, c);
		return true;
	default:
		return false;
	}
}

/* Handles a call about files; false if it is about ids. */
static bool answer_of_files(struct supervisor *s, const struct notice *c)
{
	switch (c->call) {
	case IDS_CHOWN:
	case IDS_LCHOWN:
	case IDS_FCHOWN:
	case IDS_FCHOWNAT:
		identity_owner_chown(s, c);
		return true;
	case IDS_STAT:
	case IDS_LSTAT:
	case IDS_FSTATAT:
	case IDS_STATX:
	case IDS_FSTAT:
		identity_owner_stat(s, c);
		return true;
	case IDS_RENAME:
	case IDS_RENAMEAT:
	case IDS_RENAMEAT2:
		rename_answer(s, c);
		return true;
	case IDS_CHMOD:
	case IDS_FCHMOD:
	case IDS_FCHMODAT:
	case IDS_FCHMODAT2:
		modes_answer(s, c);
		return true;
	case IDS_MKNOD:
	case IDS_MKNODAT:
	case IDS_CREAT:
	case IDS_OPEN:
	case IDS_OPENAT:
	case IDS_MKDIR:
	case IDS_MKDIRAT:
	case IDS_SYMLINK:
	case IDS_SYMLINKAT:
		if (modes_of_new(c))
			modes_answer(s, c);
		else
			create_answer(s, c);
		return true;
	case IDS_LISTEN:
		listen_answer(c);
		return true;
	case IDS_NONE: /* the 32-bit variant of one of these */
		notice_continue(c);
		return true;
	default:
		return false;
	}
}

void identity_answer(struct supervisor *s, int listener, const struct seccomp_notif *n)
{
	struct notice c = {.listener = listener, .n = n};
	struct task *traced = task_find_traced(&s->tasks, (pid_t)n->pid);
	const struct space *space;
	struct proc_info info;

	c.call = ids_call_of(n->data.arch, n->data.nr, &c.is_short);
	if (answer_of_files(s, &c) || answer_of_attributes(s, &c))
		return;
	if (traced && traced->state != TASK_WAITING) {
		switch_answer(traced, &c);
		return;
	}
	/* If it still waits now, its pid was valid while we looked. */
	if (proc_info_read(s->proc_fd, (pid_t)n->pid, &info) < 0 || !notice_valid(&c)) {
		notice_answer(&c, ESRCH, 0);
		return;
	}
	space = spaces_find(&s->spaces, info.userns);
	if (c.call == IDS_PEERCRED)
		peer_answer(s, &c, &info);
	else if (space)
		answer_switched(s, &c, space);
	else if (info.userns != s->userns)
		notice_continue(&c);
	else if (c.call == IDS_SETNS)
		notice_answer(&c, EPERM, 0);
	else if (c.call == IDS_CAPSET)
		answer_capset(s, &c, &info);
	else
		answer_root(s, &c, &info);
}
