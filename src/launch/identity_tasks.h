/*
 * identity_tasks.h - the threads of a box that changed their ids, and what /proc says about them.
 */
#ifndef LAUNCH_IDENTITY_TASKS_H
#define LAUNCH_IDENTITY_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "launch/identity_cpu.h"
#include "launch/identity_creations.h"
#include "launch/identity_helpers.h"
#include "launch/identity_ids.h"
#include "launch/identity_spaces.h"

enum task_state {
	TASK_KNOWN,	/* its ids are remembered, nothing more */
	TASK_WAITING,	/* traced: will be switched at its next exec */
	TASK_STOPPING,	/* traced and interrupted: the switch begins at the stop */
	TASK_ENTERING,	/* traced and interrupted: waiting begins at the stop */
	TASK_LEAVING,	/* traced and interrupted: released at the stop */
	TASK_EXECUTED,	/* on its way out of execve(2): the switch begins there */
	TASK_MAPPING,	/* in the switch: maps the stub's page */
	TASK_RUNNING,	/* runs the stub */
	TASK_UNMAPPING, /* unmaps the page */
};

/* State between TASK_STOPPING and TASK_UNMAPPING. */
struct task_switch {
	const struct space *space;
	struct cpu cpu;	      /* saved registers, to be restored */
	uint64_t mask;	      /* saved mask of blocked signals */
	uint32_t arch;	      /* of the call that began it, AUDIT_ARCH_*; 0 at an exec */
	uint64_t instruction; /* address of an instruction that enters the kernel */
	uint64_t page;	      /* of the stub; 0: not mapped yet */
	long result;	      /* 0: switched; positive: not yet; else -errno */
	int given_fd;	      /* the namespace's descriptor in the tracee; -1: not yet */
	bool at_exec;
	bool in_call;	     /* the entry of the call was seen */
	bool joined, shrunk; /* setns(2) and capset(2) were allowed */
	bool stop_sent;	     /* a SIGSTOP arrived meanwhile */
};

struct task {
	pid_t tid;
	unsigned long long start; /* proc_info.start */
	enum task_state state;
	bool kept;	    /* keeps capabilities across its change of ids: switch only at exec */
	bool exact;	    /* sees its ids as it set them, identity_exact.c */
	enum ids_call asks; /* with exact: the id call in progress, and where its result goes */
	bool asks_short;
	uint64_t asks_where[3];
	struct ids ids;	   /* as requested */
	struct ids before; /* before the last call, in case it fails */
	struct task_switch sw;
};

/* A stop of a thread that is not known yet. */
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

/* Mounts with the box's own files (identity_file.c): /, /tmp and /run. */
struct files {
	int fds[3];
	uint64_t mounts[3]; /* mount ids; 0: not the box's own */
	uint64_t build[64]; /* in a build: those of all mounts */
	size_t n_build;
};

/* All state of the supervisor. */
struct supervisor {
	int proc_fd;  /* the box's /proc */
	ino_t userns; /* the box's */
	bool owners;  /* a build: a file without a record is root's */
	struct creations creations;
	struct tasks tasks;
	struct spaces spaces;
	struct helpers helpers;
	int rename_lock; /* a file for fcntl(2) locks, identity_rename.c */
	struct files files;
};

struct proc_info {
	pid_t tgid, parent;
	int threads;
	unsigned long long start; /* field 22 of stat, proc(5) */
	uint64_t pending;	  /* pending signals of the thread and its process */
	uint64_t caps;		  /* permitted and effective */
	ino_t userns;
};

/* 0, or -ESRCH if there is no such thread. */
int proc_info_read(int proc_fd, pid_t tid, struct proc_info *ret);

/* NULL if unknown. An entry with another start time is stale and dropped. */
struct task *task_find(struct tasks *t, pid_t tid, unsigned long long start);

/* By number only: a traced thread's number cannot be reused. */
struct task *task_find_traced(const struct tasks *t, pid_t tid);

/* NULL if there are too many. */
struct task *task_add(struct tasks *t, int proc_fd, pid_t tid, unsigned long long start);

void task_remove(struct tasks *t, struct task *task);

#endif
