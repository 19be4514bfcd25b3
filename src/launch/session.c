/*
 * session.c - from a request to an executed command.
 *
 * The session's process, in order:
 *	1  setsid; the pty's other end, or the descriptors that were passed, become stdio
 *	2  reads the payload (it comes from the client, or from code inside the box)
 *	3  with a terminal: forks the command into a process group of its own; this process
 *	   stays as session leader, so that Ctrl-Z can stop a bare command (the group of a command
 *	   whose parent is outside its session is orphaned, and the kernel ignores SIGTSTP for it)
 *	4  a session to be watched gets its watcher (watch.h)
 *	5  another user of the box: joins its nested user namespace, drops capabilities;
 *	   you: joins the nested user namespace, and the root of tools if there is one;
 *	   drops capabilities; no_new_privs
 *	6  working directory; every descriptor but stdio close-on-exec
 *	7  seccomp; the listener of box-root, or yours in a trial, goes to the identity supervisor
 *	8  execve: it closes the report pipe, which reports success
 */
#include "launch/session.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/slice.h"
#include "launch/caps.h"
#include "launch/etc.h"
#include "launch/files.h"
#include "launch/payload.h"
#include "launch/plan.h"
#include "launch/seccomp.h"
#include "launch/session_user.h"
#include "launch/settle.h"
#include "launch/tools.h"
#include "launch/watch.h"

#define RESUME_AGAIN_MS 20 /* a few system calls, on a busy machine */

/* What the payload asks for, adapted on the way to execve. */
struct command {
	struct payload p;
	bool other; /* it becomes a user of the box other than root and you */
};

static noreturn void fail(int report, const struct err *e)
{
	/* A client that has gone needs no report. */
	(void)!write(report, e, sizeof(*e));
	_exit(err_exit_status(e));
}

static int set_stdio(const struct session *s, struct err *e)
{
	int tty = -1;

	if (s->master >= 0) {
		tty = ioctl(s->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (tty < 0 || ioctl(tty, TIOCSCTTY, 0) < 0)
			return err_sys(e, errno, "cannot open the session's terminal");
	}
	for (int i = 0; i < 3; i++) {
		int from = s->stdio[i] >= 0 ? s->stdio[i] : tty;

		if (dup2(from, i) < 0)
			return err_sys(e, errno, "cannot set up descriptor %d", i);
	}
	return 0;
}

static int become_you(const struct session_policy *policy, const struct session *s,
		      const struct command *c, struct err *e)
{
	int r = 0;

	if (setns(policy->you_userns, CLONE_NEWUSER) < 0)
		return err_sys(e, errno, "cannot join the nested user namespace");
	if (s->flags & SESSION_TOOLS)
		r = tools_enter(s->tools, c->p.shared, e);
	return r < 0 ? r : caps_drop_all(e);
}

static int take_identity(const struct session_policy *policy, const struct session *s,
			 struct command *c, struct err *e)
{
	bool root = s->flags & SESSION_ROOT;
	int r = 0;

	if (root && *c->p.user &&
	    (r = session_become(c->p.user, policy->identity, &c->p.envp, e)) < 0)
		return r;
	c->other = r == 1;
	if (c->other)
		r = caps_drop_all(e);
	else
		r = root ? caps_drop_to_root(policy->host_root, e) : become_you(policy, s, c, e);
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = err_sys(e, errno, "cannot set no_new_privs");
	return r;
}

static char **shell_argv(const struct command *c)
{
	char **argv = xcalloc(2, sizeof(*argv));

	argv[0] = xstrdup(settle_shell(c->p.envp));
	return argv;
}

static int exec_error(const struct session *s, const char *name, int errnum, struct err *e)
{
	const char *where = s->flags & SESSION_TOOLS ? "tools' image" : "box";

	if (errnum == ENOENT && strchr(name, '/') && access(name, F_OK) == 0)
		return err_set(e, ERR_CMD_NOT_FOUND,
			       "cannot run '%s': its interpreter or loader is not in the %s", name,
			       where);
	if (errnum == ENOENT)
		return err_set(e, ERR_CMD_NOT_FOUND, "cannot run '%s': command not found in the %s",
			       name, where);
	err_sys(e, errnum, "cannot run '%s'", name);
	e->code = ERR_CMD_NOT_EXEC;
	return -e->code;
}

static unsigned filter_flags(const struct session_policy *policy, const struct session *s,
			     const struct command *c)
{
	unsigned flags = policy->seccomp_flags;

	if (s->flags & SESSION_ROOT)
		flags |= (c->other ? 0 : SECCOMP_ROOT) | SECCOMP_ASKING;
	else
		flags &= ~(unsigned)SECCOMP_OWNERS;
	return policy->identity < 0 ? flags & ~SECCOMP_NOTIFIED : flags;
}

/* What its watcher needs to be one of the session's processes. */
struct watching {
	const struct session_policy *policy;
	const struct session *session;
	struct command *command;
};

static int become_watcher(void *arg, struct err *e)
{
	const struct watching *w = arg;
	int r = take_identity(w->policy, w->session, w->command, e);

	return r < 0 ? r
		     : seccomp_apply(filter_flags(w->policy, w->session, w->command) &
					     ~(SECCOMP_NOTIFIED | SECCOMP_ROOT),
				     e);
}

static int start_watcher(const struct session_policy *policy, const struct session *s,
			 struct command *c, struct err *e)
{
	struct watching w = {policy, s, c};

	return watch_start(s->record, policy->host_root, become_watcher, &w, e);
}

/* step 7 */
static int confine(const struct session_policy *policy, const struct session *s,
		   const struct command *c, struct err *e)
{
	unsigned flags = filter_flags(policy, s, c);
	cleanup_close int listener = -1;
	int r = s->flags & SESSION_WATCHED ? watch_confine(flags, e) : 0;

	if (r < 0)
		return r;
	r = flags & SECCOMP_NOTIFIED ? seccomp_apply_listening(flags, &listener, e)
				     : seccomp_apply(flags, e);
	return r < 0 || listener < 0 ? r : session_give_listener(policy->identity, listener, e);
}

/*
 * The last step before the command, because the target numbers may be in use until here. Moves all
 * of them above the targets first. Returns the report pipe's new number.
 */
static int place_more(const struct session *s)
{
	int above[PROTOCOL_MAX_MORE], report;

	if (s->more[0] < 0)
		return s->report;
	report = fcntl(s->report, F_DUPFD_CLOEXEC, UINT8_MAX + 1);
	for (int i = 0; i < PROTOCOL_MAX_MORE; i++)
		above[i] = s->more[i] < 0 ? -1 : fcntl(s->more[i], F_DUPFD_CLOEXEC, UINT8_MAX + 1);
	for (int i = 0; i < PROTOCOL_MAX_MORE; i++)
		if (above[i] >= 0)
			dup2(above[i], s->more_at[i]);
	return report;
}

static noreturn void execute(const struct session_policy *policy, const struct session *s,
			     struct command *c)
{
	struct err e;
	int report;

	if (policy->host_names && c->p.etc.resolv_conf)
		etc_refresh(&c->p.etc);
	if (c->p.files_size)
		files_refresh(c->p.files, c->p.files_size);
	if (s->flags & SESSION_WATCHED && start_watcher(policy, s, c, &e) < 0)
		fail(s->report, &e);
	if (take_identity(policy, s, c, &e) < 0)
		fail(s->report, &e);
	if (chdir(c->p.cwd) < 0) {
		err_sys(&e, errno, "cannot change to directory '%s' in the box", c->p.cwd);
		fail(s->report, &e);
	}
	if (!c->p.argv)
		c->p.facts.names = xasprintf(" SHELL %s", c->p.facts.names);
	settle_env(&c->p.envp, &c->p.facts);
	if (!c->p.argv)
		c->p.argv = shell_argv(c);
	umask(c->p.umask);
	slice_restore();
	/* That includes s->report. */
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	if (confine(policy, s, c, &e) < 0)
		fail(s->report, &e);
	environ = c->p.envp;
	report = place_more(s);
	execvp(c->p.argv[0], c->p.argv);
	exec_error(s, c->p.argv[0], errno, &e);
	fail(report, &e);
}

static void block_all(sigset_t *set)
{
	sigfillset(set);
	sigprocmask(SIG_SETMASK, set, NULL);
}

static void unblock_all(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Continues the command. A command that catches SIGTTIN or SIGTTOU and stops itself a moment later,
 * as readpassphrase(3) does, can miss the first SIGCONT.
 */
static void resume(pid_t command, int tty, bool foreground, bool asked)
{
	tcsetpgrp(tty, foreground ? command : getpgrp());
	kill(-command, SIGCONT);
	if (foreground && asked) {
		usleep(RESUME_AGAIN_MS * 1000);
		kill(-command, SIGCONT);
	}
}

/* The leader of a session with a terminal: waits for the command and reports its stops. */
static noreturn void lead(pid_t command, int connection, int tty)
{
	struct message stopped = {.type = MESSAGE_STOPPED};
	sigset_t all;
	int sig, status;

	sigfillset(&all);
	for (;;) {
		if (sigwait(&all, &sig) != 0)
			continue;
		if (sig == SIGCONT || sig == SIGTTIN)
			resume(command, tty, sig == SIGCONT,
			       stopped.value == SIGTTIN || stopped.value == SIGTTOU);
		else if (sig != SIGCHLD)
			kill(-command, sig);
		if (sig != SIGCHLD || waitpid(command, &status, WUNTRACED | WNOHANG) != command)
			continue;
		if (WIFSTOPPED(status)) {
			stopped.value = WSTOPSIG(status);
			message_send(connection, &stopped, NULL, 0, MSG_DONTWAIT);
			continue;
		}
		if (WIFSIGNALED(status))
			proc_die_as(STATUS_OF_SIGNAL(WTERMSIG(status)));
		_exit(WEXITSTATUS(status));
	}
}

static noreturn void run_with_terminal(const struct session_policy *policy, const struct session *s,
				       struct command *c)
{
	int tty = s->stdio[0] < 0 ? 0 : s->stdio[1] < 0 ? 1 : 2;
	sigset_t all;
	pid_t pid;

	/* SIGTTOU too: tcsetpgrp(3) by a background group must not stop us. */
	block_all(&all);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		setpgid(0, 0);
		if (!(s->flags & SESSION_BACKGROUND))
			tcsetpgrp(tty, getpid());
		unblock_all();
		execute(policy, s, c);
	}
	if (pid < 0) {
		struct err e;

		err_sys(&e, errno, "cannot start a process in the box");
		fail(s->report, &e);
	}
	setpgid(pid, pid);
	/* The report pipe must close with the command's execve, so only these two stay open. */
	dup2(tty, 0);
	dup2(s->connection, 1);
	close_range(2, ~0U, 0);
	proc_set_title("sandbox: session");
	lead(pid, 1, 0);
}

static noreturn void run(const struct session_policy *policy, const struct session *s,
			 struct command *c)
{
	struct err e;

	setsid();
	unblock_all();
	umask(022);
	if (set_stdio(s, &e) < 0 || payload_read(s->payload, &c->p, &e) < 0)
		fail(s->report, &e);
	if (s->master >= 0)
		run_with_terminal(policy, s, c);
	execute(policy, s, c);
}

/*
 * fork(2), not vfork(2): the file to execute belongs to the box, and code inside can make opening
 * it block (a lease, a slow file system). Pid 1 must not wait.
 */
pid_t session_start(const struct session_policy *policy, const struct session *s)
{
	struct command c = {0};
	pid_t pid = fork();

	if (pid == 0)
		run(policy, s, &c);
	return pid < 0 ? -errno : pid;
}

pid_t session_start_waiting(const struct session_policy *policy, const struct session *s)
{
	struct command c = {0};
	char **env = environ;
	pid_t pid;

	/* The launcher is the parent, and waits for the command too. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* The child shares this memory; it changes c, environ and errno. */
	pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
	if (pid == 0)
		run(policy, s, &c); /* NOLINT(clang-analyzer-unix.Vfork) */
	prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	environ = env;
	payload_clear(&c.p);
	return pid < 0 ? -errno : pid;
}
