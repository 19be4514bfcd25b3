/*
 * proc.h - processes: identity that survives pid reuse, waiting on a pidfd, the caller's identity.
 */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* pidfd_open(2); returns a descriptor or -errno. */
int proc_pidfd(pid_t pid);

/*
 * Waits until the process behind a pidfd has ended, at most timeout_ms (-1: for ever).
 * Returns true when it has.
 */
bool proc_wait_pidfd(int pidfd, int timeout_ms);

/*
 * Start time of a process in clock ticks since boot, field 22 of /proc/PID/stat (proc(5)); with the
 * pid it names one process for the life of the machine. *ret is 0 when there is no such process, or
 * when it has ended and only waits for its parent to take notice. Returns 0, or -errno where /proc
 * cannot be read.
 */
int proc_start_time(pid_t pid, unsigned long long *ret);

/* Is it pid 1 of a pid namespace of its own: is that the last number of NSpid in /proc/PID/status? */
bool proc_is_init(pid_t pid);

/*
 * Remembers where the kernel keeps our arguments and environment; called first thing in main().
 * proc_set_title() then overwrites both, so that ps(1), /proc/PID/cmdline and /proc/PID/environ show
 * the title and nothing of what we were called with. Every getenv() is empty from then on.
 */
void proc_remember_args(int argc, char **argv);
void proc_set_title(const char *title);

/* The path of this program, as the kernel has it: read once. Static; NULL: /proc cannot be read. */
const char *proc_self(void);

/* Closes every descriptor but the n in keep, which are sorted; a negative one is none. */
void proc_close_others(int *keep, size_t n);

/*
 * How a command ended, in one number: its exit status, or 128+n when signal n ended it, and then n is
 * in the byte above as well. What a program can exit with is the lowest byte.
 */
#define STATUS_OF_SIGNAL(n)   ((128 + (n)) | (n) << 8)
#define STATUS_SIGNAL(status) ((status) >> 8 & 0x7f) /* 0: it was none */
#define STATUS_EXIT(status)   ((status)&0xff)

/*
 * Where a signal has ended the command, ends this process by the same one, without a core: whoever
 * waits for us sees what it would have seen of the command. A shell ends its loop at Ctrl-C by that.
 */
void proc_die_as(int status);

/* The user who called us, as the host knows them. Owned strings. */
struct user {
	uid_t uid;
	gid_t gid;
	char *name;
	char *home;
	char *shell;
};

/*
 * Fills in the caller's user from /etc/passwd, else from $USER, $HOME and $SHELL, else from
 * getent(1) (directory services); $HOME comes before the home of a passwd entry. Never fails: an unknown user is "user" at "/home/user",
 * uid 0 is "root", and nobody else is.
 */
void user_self(struct user *ret);
void user_clear(struct user *u);

/* The home of a user inside every box: the host's path, if that is one. The caller frees. */
char *user_home(const struct user *u);

#define cleanup_user __attribute__((cleanup(user_clear)))

#endif
