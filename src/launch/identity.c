/*
 * identity.c - the identity supervisor of a box: its process, and its loop.
 *
 * A box has one host uid. If box-root sets its uid to another one, the process is moved into a
 * nested user namespace in which the box's uid maps to that id, so that its ids and the owners of
 * its files agree. The kernel has no such call, so set*id is answered from here.
 *
 *	pid 1			session of box-root		supervisor
 *	-----			-------------------		----------
 *	I1 first session: socketpair
 *	I2 fork ------------->	filter with a listener
 *				LISTENER --------------------->	(queued)
 *				execve
 *	I3 fork ----------------------------------------------> I4 lets go of all but the socket;
 *								   CAP_SYS_PTRACE alone
 *				setuid(33), waits ------------>	I5 reads the caller's state in /proc
 *								I6 final, one thread: stops it and
 *								   switches it, now
 *								   else: remembers it; traced, it is
 *								   switched at its next execve
 *				setuid(33) returns 0 <--------- I7 checked, detached
 *
 * It also answers getsockopt(SO_PEERCRED) with the id that the peer in the box has for itself
 * (identity_peer.c); chown records an owner and stat reports it (identity_owner.c); a directory
 * that the overlay cannot rename is made renamable (identity_rename.c); set-id bits are removed
 * (identity_modes.c). Your own sessions use the last one, and in a trial the last two.
 *
 * Promises: a call that returned success is true of the process at once, or of what it executes
 * next; a call that cannot be made true fails. The cost falls only on set*id, setgroups, getgroups,
 * SO_PEERCRED, chown, stat and rename of box-root's sessions: execve and getuid are not
 * intercepted. A stat costs 5 us here, and as much for the caller's waiting.
 *
 * Your own sessions ask rarely, most never: pid 1 keeps their listeners and does I3 when the first
 * call waits for an answer (serve.c).
 *
 * When it goes wrong:
 *	no listener (another filter has one; an old kernel): the kernel handles the calls and knows
 *		one id: EINVAL; it does not rename directories of a lower layer: EXDEV; set-id
 *		bits: EPERM
 *	the caller is already traced (strace, gdb), or nothing may be traced: EPERM
 *	too many ids, descriptors or namespaces: EAGAIN
 *	this process is killed (code inside can, it has our uid): what it traces dies with it,
 *		the calls fail with ENOSYS; the next session has a new one
 *	the box ends: it ends with pid 1
 *
 * It lives in the box's pid namespace, as a child of pid 1: a sudo inside may need it for the first
 * time when nobody outside is there to start it. Nothing inside can trace it or look into it: it
 * has a capability that box-root's bounding set lacks, and is not dumpable. Its credentials are
 * those of the box, so that a bug in it cannot reach beyond the box. It holds no descriptor of the
 * host, and reads from the box only text of /proc, lists of groups, paths and owners. It can write
 * to every file of the box, and does so only to attributes of files that box-root gives away.
 */
#include "launch/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/owner.h"
#include "base/proc.h"
#include "base/rest.h"
#include "launch/caps.h"
#include "launch/identity_calls.h"
#include "launch/identity_file.h"
#include "launch/identity_rename.h"
#include "launch/identity_stops.h"
#include "launch/protocol.h"

/* Linux 6.6; Debian 12's headers are older. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	   SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

#define READY_FD      4
#define MAX_LISTENERS 1024

enum { POLLED_SOCKET, POLLED_SIGNALS, POLLED_FIRST };

struct loop {
	struct supervisor supervisor;
	struct pollfd *polled; /* the listeners from POLLED_FIRST on */
	size_t n, cap;
};

bool identity_supported(void)
{
	return IDENTITY_SUPPORTED;
}

static void add_listener(struct loop *l, int fd)
{
	if (l->n == POLLED_FIRST + MAX_LISTENERS) {
		close(fd);
		return;
	}
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 8;
		l->polled = xrealloc(l->polled, l->cap, sizeof(*l->polled));
	}
	l->polled[l->n++] = (struct pollfd){.fd = fd, .events = POLLIN};
	/*
	 * Both run on one processor: the caller sleeps while we work. Older kernels are just
	 * slower.
	 */
	ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

/* So that the builder knows that a file without a record is root's. */
static void note_owners(void)
{
	caps_override(true);
	setxattr("/", OWNERS_XATTR, "1", 1, 0);
	caps_override(false);
}

/* For a session that starts as another user; closes connection. */
static void give_space(struct loop *l, const struct message *m, int connection)
{
	struct supervisor *s = &l->supervisor;
	struct message answer = {.type = MESSAGE_SPACE};
	const struct space *space = spaces_get(&s->spaces, &m->space, s->proc_fd);

	if (!space) {
		answer.type = MESSAGE_ERROR;
		err_sys(&answer.error, errno, "cannot make the user's namespace");
	}
	message_send(connection, &answer, space ? &space->fd : NULL, space ? 1 : 0, MSG_DONTWAIT);
	close(connection);
}

static void take_listener(struct loop *l)
{
	int fds[PROTOCOL_MAX_FDS], n_fds = 0;
	struct message m;
	int r = message_receive(l->polled[POLLED_SOCKET].fd, &m, fds, &n_fds, MSG_DONTWAIT);

	if (r == 0)
		_exit(0);
	if (r == 1 && n_fds == 1 && m.type == MESSAGE_SPACE)
		give_space(l, &m, fds[0]);
	else if (r == 1 && n_fds == 1)
		add_listener(l, fds[0]);
	if (r == 1 && m.type == MESSAGE_LISTENER && l->supervisor.owners)
		note_owners();
}

static void read_call(struct loop *l, int listener)
{
	struct seccomp_notif n;

	memset(&n, 0, sizeof(n)); /* seccomp_unotify(2) demands it */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) == 0)
		identity_answer(&l->supervisor, listener, &n);
}

static void read_events(struct loop *l, int signal_fd)
{
	struct signalfd_siginfo info;
	pid_t tid;
	int status;

	(void)!read(signal_fd, &info, sizeof(info));
	while ((tid = waitpid(-1, &status, __WALL | WNOHANG)) > 0) {
		if (!WIFSTOPPED(status))
			helper_ended(&l->supervisor.helpers, tid);
		stops_take(&l->supervisor, tid, status);
	}
}

/*
 * When all helpers are in use, calls wait in the kernel: we could only answer them with an error.
 */
static void run_once(struct loop *l)
{
	const struct helpers *helpers = &l->supervisor.helpers;
	size_t n = helpers_busy(helpers) ? POLLED_FIRST : l->n;

	if (rest_poll(l->polled, n, -1) < 0)
		return;
	if (l->polled[POLLED_SIGNALS].revents)
		read_events(l, l->polled[POLLED_SIGNALS].fd);
	for (size_t i = n; i-- > POLLED_FIRST && !helpers_busy(helpers);) {
		struct pollfd *p = &l->polled[i];

		if (p->revents & POLLIN) {
			read_call(l, p->fd);
		} else if (p->revents) { /* no process is left under its filter */
			close(p->fd);
			*p = l->polled[--l->n];
		}
	}
	if (l->polled[POLLED_SOCKET].revents)
		take_listener(l);
}

/* Keeps the two descriptors, as 3 and 4. */
static int keep_descriptors(int socket, int ready)
{
	int high[] = {fcntl(socket, F_DUPFD_CLOEXEC, 5), fcntl(ready, F_DUPFD_CLOEXEC, 5)};

	if (high[0] < 0 || high[1] < 0 || dup3(high[0], 3, O_CLOEXEC) < 0 ||
	    dup3(high[1], READY_FD, O_CLOEXEC) < 0)
		return -errno;
	return close_range(5, ~0U, 0) < 0 ? -errno : 0;
}

/* step I4 */
static int let_go(int socket, int ready, struct err *e)
{
	int r = keep_descriptors(socket, ready);

	proc_set_title("sandbox: identities");
	prctl(PR_SET_NAME, IDENTITY_COMM);
	if (r < 0)
		return err_sys(e, -r, "cannot keep the supervisor's descriptors");
	r = caps_keep_identity(e);
	if (r == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		r = err_sys(e, errno, "cannot become undumpable");
	return r;
}

static int open_signals(void)
{
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

noreturn void identity_run(int socket, int ready, bool owners)
{
	struct loop l = {.supervisor.owners = owners};
	struct supervisor *s = &l.supervisor;
	struct stat st;
	struct err e;
	int signals;

	if (let_go(socket, ready, &e) < 0 || (signals = open_signals()) < 0)
		_exit(125);
	add_listener(&l, 3);
	add_listener(&l, signals);
	s->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s->proc_fd < 0 || fstatat(s->proc_fd, "self/ns/user", &st, 0) < 0)
		_exit(125);
	s->userns = st.st_ino;
	s->rename_lock = rename_open_lock();
	if (identity_files_prepare(&s->files, owners) < 0 || write(READY_FD, "", 1) != 1)
		_exit(125);
	close(READY_FD);
	for (;;)
		run_once(&l);
}
