/*
 * identity_tasks.h - the threads of a box that changed their ids, and what /proc says of them.
 */
#ifndef LAUNCH_IDENTITY_TASKS_H
#define LAUNCH_IDENTITY_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "launch/identity_cpu.h"
#include "launch/identity_helpers.h"
#include "launch/identity_ids.h"
#include "launch/identity_spaces.h"

enum task_state {
	TASK_KNOWN,	/* its ids are remembered, no more */
	TASK_WAITING,	/* traced: at its next exec it is switched */
	TASK_STOPPING,	/* traced and interrupted: the stop begins the switch */
	TASK_ENTERING,	/* traced and interrupted: the stop begins the waiting */
	TASK_LEAVING,	/* traced and interrupted: at the stop it is let go */
	TASK_EXECUTED,	/* on its way out of execve(2): the switch begins there */
	TASK_MAPPING,	/* in the switch: gets the stub's page */
	TASK_RUNNING,	/* runs the stub */
	TASK_UNMAPPING, /* gives the page back */
};

/* What is going on between TASK_STOPPING and TASK_UNMAPPING. */
struct task_switch {
	const struct space *space;
	struct cpu cpu;	      /* as it was, and is to be again */
	uint64_t mask;	      /* of blocked signals, likewise */
	uint32_t arch;	      /* of the call that began it, AUDIT_ARCH_*; 0 at an exec */
	uint64_t instruction; /* that enters the kernel */
	uint64_t page;	      /* of the stub; 0: none yet */
	long result;	      /* 0: switched; positive: not yet; else -errno */
	int given_fd;	      /* of the namespace, in the tracee; -1: not yet */
	bool at_exec;
	bool in_call;	     /* the call's entry was seen */
	bool joined, shrunk; /* setns(2) and capset(2) were let through */
	bool stop_sent;	     /* a SIGSTOP came meanwhile */
};

struct task {
	pid_t tid;
	unsigned long long start; /* proc_info.start */
	enum task_state state;
	bool kept;	    /* capabilities survive its change of ids: not before its exec */
	bool exact;	    /* it is told its ids as it asked for them, identity_exact.c */
	enum ids_call asks; /* of it: what it is about to ask for, where to */
	bool asks_short;
	uint64_t asks_where[3];
	struct ids ids;	   /* asked for */
	struct ids before; /* the last call, in case it fails */
	struct task_switch sw;
};

/* A stop of a thread that nobody has spoken of yet. */
struct early_stop {
	pid_t tid;
	int status;
};

#define MAX_TASKS 4096
#define MAX_EARLY 1024

struct tasks {
	struct task **v;
	size_t n, sweep_at;
	struct early_stop early[MAX_EARLY];
	size_t n_early;
};

/* Where the box's own files are (identity_file.c): /, /tmp and /run. */
struct files {
	int fds[3];
	uint64_t mounts[3]; /* ids; 0: it is not the box's own */
};

/* All that the supervisor knows. */
struct supervisor {
	int proc_fd;  /* the box's /proc */
	ino_t userns; /* the box's */
	struct tasks tasks;
	struct spaces spaces;
	struct helpers helpers;
	int rename_lock; /* a file for fcntl(2), identity_rename.c */
	struct files files;
};

struct proc_info {
	pid_t tgid, parent;
	int threads;
	unsigned long long start; /* field 22 of stat, proc(5) */
	uint64_t pending;	  /* signals, of the thread and its process */
	uint64_t caps;		  /* permitted and effective */
	ino_t userns;
};

/* 0, or -ESRCH when there is no such thread. */
int proc_info_read(int proc_fd, pid_t tid, struct proc_info *ret);

/* NULL when it is not known; one with another start time has ended, and is forgotten. */
struct task *task_find(struct tasks *t, pid_t tid, unsigned long long start);

/* By number alone: a traced one cannot be another. */
struct task *task_find_traced(const struct tasks *t, pid_t tid);

/* NULL when there are too many. */
struct task *task_add(struct tasks *t, int proc_fd, pid_t tid, unsigned long long start);

void task_remove(struct tasks *t, struct task *task);

#endif
