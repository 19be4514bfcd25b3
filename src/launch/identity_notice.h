/*
 * identity_notice.h - a notified system call that waits for its answer; seccomp_unotify(2).
 */
#ifndef LAUNCH_IDENTITY_NOTICE_H
#define LAUNCH_IDENTITY_NOTICE_H

#include <linux/seccomp.h>
#include <stdbool.h>

#include "launch/identity_ids.h"

struct notice {
	int listener;
	const struct seccomp_notif *n;
	enum ids_call call;
	bool is_short; /* its ids are 16 bits wide */
};

/* Does the caller still wait? Then what was read by its pid belongs to it. */
bool notice_valid(const struct notice *c);

/*
 * Opens the memory of the caller, for pread(2) and pwrite(2), making sure that it still waits and
 * the pid was not reused. proc_fd is /proc. Returns -1 if it has gone.
 */
int notice_memory(const struct notice *c, int proc_fd, int flags);

/*
 * Answers the call: it fails with errnum, or returns value if errnum is 0. A caller that has gone
 * is ignored.
 */
void notice_answer(const struct notice *c, int errnum, long value);

/* Lets the kernel run the call as it is. */
void notice_continue(const struct notice *c);

#endif
