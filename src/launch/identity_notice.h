/*
 * identity_notice.h - a call of box-root's that waits for its answer; seccomp_unotify(2).
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

/* The caller still waits: what was read of its number is of it. */
bool notice_valid(const struct notice *c);

/*
 * The memory of the caller, who still waits: so it is of no other. proc_fd is /proc. A descriptor for
 * pread(2) and pwrite(2), or -1 when it has gone.
 */
int notice_memory(const struct notice *c, int proc_fd, int flags);

/* errnum 0: the call returns value. Who has gone gets no answer. */
void notice_answer(const struct notice *c, int errnum, long value);

/* The kernel runs the call as it stands. */
void notice_continue(const struct notice *c);

#endif
