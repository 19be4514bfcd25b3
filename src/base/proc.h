/*
 * proc.h - processes: identity that survives pid reuse, waiting on a pidfd, the caller's identity.
 */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* A namespace of this process: "net" and so on, namespaces(7). */
int proc_open_namespace(const char *type, int *ret_fd, struct err *e);

/*
 * Blocks these n signals and no others; returns a descriptor on which they arrive (signalfd(2)), or
 * -1 with errno.
 */
int proc_watch_signals(const int *signals, size_t n);

/* pidfd_open(2); returns a descriptor or -errno. */
int proc_pidfd(pid_t pid);

/*
 * Waits until the process of a pidfd has ended, at most timeout_ms (-1: no limit). Returns true if
 * it has.
 */
bool proc_wait_pidfd(int pidfd, int timeout_ms);

/* Of a child, however it was made. */
void proc_kill_and_reap(pid_t pid);

/*
 * The start time of a process in clock ticks since boot: field 22 of /proc/PID/stat (proc(5)).
 * Together with the pid it identifies one process until the machine reboots. *ret is 0 if there is
 * no such process, or if it is a zombie. Returns 0, or -errno if /proc cannot be read.
 */
int proc_start_time(pid_t pid, unsigned long long *ret);

/* Is it pid 1 of its own pid namespace: is 1 the last number of NSpid in /proc/PID/status? */
bool proc_is_init(pid_t pid);

/*
 * Remembers where the kernel keeps our arguments and environment; called first in main().
 * proc_set_title() then overwrites both, so that ps(1), /proc/PID/cmdline and /proc/PID/environ
 * show the title and nothing else. After that getenv() finds nothing.
 */
void proc_remember_args(int argc, char **argv);
void proc_set_title(const char *title);

/*
 * The path of this program according to the kernel, read once. Static; NULL if /proc cannot be
 * read.
 */
const char *proc_self(void);

/* Closes every descriptor but the n in keep, which are sorted; negative ones are ignored. */
void proc_close_others(int *keep, size_t n);

/*
 * How a command ended, in one number: its exit status, or 128+n if signal n killed it, with n in
 * the next byte as well. The lowest byte is what a program can exit with.
 */
#define STATUS_OF_SIGNAL(n)   ((128 + (n)) | (n) << 8)
#define STATUS_SIGNAL(status) ((status) >> 8 & 0x7f) /* 0: not killed by a signal */
#define STATUS_EXIT(status)   ((status)&0xff)

/*
 * If a signal killed the command, kills this process by the same one, without a core dump, so that
 * our parent sees what it would have seen of the command. This is how a shell knows to end its loop
 * at Ctrl-C.
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
 * getent(1) (directory services). $HOME overrides the home of a passwd entry. Never fails: an
 * unknown user is "user" at "/home/user". uid 0 is always "root", and nobody else is.
 */
void user_self(struct user *ret);
void user_clear(struct user *u);

/*
 * The user's home inside every box: the host's path, if it is a usable path. The caller frees it.
 */
char *user_home(const struct user *u);

#define cleanup_user __attribute__((cleanup(user_clear)))

#endif
