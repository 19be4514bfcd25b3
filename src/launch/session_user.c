/*
 * session_user.c - a session as another user of the box, as su(1) would start it.
 *
 * The identity supervisor keeps a user namespace for each user and hands it out; the process enters
 * it itself, before its filter. (It cannot be switched as others are: until it executes something
 * it is a copy of pid 1, which nobody may trace.)
 */
#include "launch/session_user.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/account.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "launch/protocol.h"
#include "launch/settle.h"

/* A name is tried before a number, as other tools do. */
static bool find_user(const char *text, struct account *ret)
{
	cleanup_free char *number = xasprintf("#%s", text);

	return account_find(text, ret) || account_find(number, ret);
}

static bool find_group(const char *text, gid_t *ret)
{
	cleanup_free char *number = xasprintf("#%s", text);

	return group_find(text, ret) || group_find(number, ret);
}

static int find(const char *spec, struct account *ret, struct err *e)
{
	cleanup_free char *user = xstrdup(spec);
	char *group = strchr(user, ':');

	if (group)
		*group++ = '\0';
	if (!find_user(user, ret))
		return err_set(e, ENOENT, "there is no user '%s' in the box", user);
	if (!group || !*group)
		return 0;
	if (!find_group(group, &ret->gid))
		return err_set(e, ENOENT, "there is no group '%s' in the box", group);
	ret->n_groups = 1;
	ret->groups[0] = ret->gid;
	return 0;
}

static void fill(const struct account *a, struct message *m)
{
	m->type = MESSAGE_SPACE;
	m->space.uid[IDS_EFFECTIVE] = a->uid;
	m->space.gid[IDS_EFFECTIVE] = a->gid;
	for (size_t i = 0; i < a->n_groups && i < ARRAY_SIZE(m->space.groups); i++)
		m->space.groups[m->space.n_groups++] = a->groups[i];
}

/* Asks the supervisor on a separate connection, which closes if the supervisor has gone. */
static int ask_space(const struct account *a, int identity, int *ret_fd, struct err *e)
{
	int fds[PROTOCOL_MAX_FDS], n_fds, pair[2], r;
	cleanup_close int ours = -1, theirs = -1;
	struct message m = {0};

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, errno, "cannot ask for the user's namespace");
	ours = pair[0];
	theirs = pair[1];
	fill(a, &m);
	r = identity < 0 ? -ENOSYS : message_send(identity, &m, &theirs, 1, 0);
	if (r < 0)
		return err_sys(e, -r, "nobody in this box gives other identities");
	close_fd(&theirs);
	r = message_receive(ours, &m, fds, &n_fds, 0);
	if (r != 1 || (m.type != MESSAGE_ERROR && n_fds != 1))
		return err_set(e, ECONNRESET, "the supervisor of identities has been killed");
	if (m.type == MESSAGE_ERROR) {
		*e = m.error;
		return -e->code;
	}
	*ret_fd = fds[0];
	return 0;
}

static int enter_space(const struct account *a, int identity, struct err *e)
{
	cleanup_close int fd = -1;
	int r = ask_space(a, identity, &fd, e);

	if (r == 0 && setns(fd, CLONE_NEWUSER) < 0)
		r = err_sys(e, errno, "cannot join the user's namespace");
	return r < 0 ? err_add(e, "cannot become user '%s' (see sandbox doctor)", a->name) : 1;
}

int session_become(const char *spec, int identity, char ***envp, struct err *e)
{
	cleanup_account struct account a = {0};
	const char *name;
	int r = find(spec, &a, e);

	if (r < 0)
		return r;
	settle_default(envp, "HOME", a.home);
	name = a.name + (*a.name == '#'); /* a number without an entry */
	settle_default(envp, "USER", name);
	settle_default(envp, "LOGNAME", name);
	return a.uid == 0 ? 0 : enter_space(&a, identity, e);
}

int session_give_listener(int identity, int listener, struct err *e)
{
	struct message m = {.type = MESSAGE_LISTENER};
	int r = message_send(identity, &m, &listener, 1, MSG_DONTWAIT);

	return r < 0 && r != -EPIPE && r != -ECONNRESET
		       ? err_sys(e, -r, "cannot reach the supervisor of identities")
		       : 0;
}
