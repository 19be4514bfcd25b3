/*
 * spawn.c - the stopwatch of bench/start.
 *
 *	spawn [-n N] [--ref NAME] [--no-drain] [--json]  NAME CMD... ::: NAME CMD... ::: ...
 *	spawn --loop N [--json] NAME CMD... ::: ...
 *	spawn --cost N [--json] NAME CMD... ::: ...
 *	spawn --hold N [--json] NAME CMD...
 *
 * The first form runs the commands in turn, in another order each round (A B C B A C ...), so that all
 * of them meet the same noise of the machine and each follows each: what a command leaves to the
 * scheduler, the next one meets. It prints median, 10th and 90th percentile of the time from before the
 * spawn to the return of wait4(2). --loop runs each command N times without a pause, then waits
 * until everything it started has gone: total time. --cost is the processor time of a whole start:
 * that of its processes and of the kernel's threads, which take namespaces and mounts apart later;
 * the median of several turns of N starts each. --hold starts N that stay, prints rate, first and
 * last starts and memory each, and kills them.
 *
 * Promises: CLOCK_MONOTONIC; commands start by posix_spawn(3), which is vfork-like, with stdio at
 * /dev/null; the first round is not counted; a command that fails ends the measurement. The timer
 * is a child subreaper (prctl(2)): what a command leaves behind becomes its child, is waited for
 * outside the clock (--no-drain: is not), and its CPU time is counted. Except with --cost, CPU is
 * therefore that of all processes a run started; the kernel's own workers are not counted.
 *
 * It kills nothing but its own children, by pid.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_CASES    16
#define EDGE	     20	     /* number of starts that are the first and the last ones of --hold */
#define SETTLE_US    1500000 /* between two looks at the memory in use */
#define SETTLE_TURNS 20	     /* at most */
#define SETTLED_KIB  1024    /* less than a thousandth of what is held */
#define DRAIN_US     400000 /* and so is the work of its threads after the last process has ended */
#define TURNS	     5	    /* of --cost */

struct bench_case {
	const char *name;
	char **argv;
	double *ms;    /* one for each round */
	double cpu_ms; /* sum over the counted rounds */
};

static bool json;
extern char **environ;

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "spawn: %s: %s\n", what, why);
	exit(1);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* CPU time of all children waited for so far, including those that they waited for. */
static double children_cpu_ms(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

/* stdout_fd -1 means /dev/null. */
static pid_t start(char **argv, int stdout_fd)
{
	posix_spawn_file_actions_t fa;
	pid_t pid;
	int r;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	if (stdout_fd >= 0)
		posix_spawn_file_actions_adddup2(&fa, stdout_fd, 1);
	else
		posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	if (!getenv("SPAWN_STDERR"))
		posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY, 0);
	r = posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (r)
		die(argv[0], strerror(r));
	return pid;
}

static void wait_ok(pid_t pid, const char *name)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die(name, strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		die(name, "the command failed; SPAWN_STDERR=1 shows what it says");
}

/* Waits for everything that was reparented to us. */
static void drain(void)
{
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double percentile(const double *sorted, int n, int percent)
{
	return sorted[(n - 1) * percent / 100];
}

static double median(const double *v, int n)
{
	double *copy = malloc(sizeof(*copy) * (size_t)n);
	double m;

	memcpy(copy, v, sizeof(*copy) * (size_t)n);
	qsort(copy, (size_t)n, sizeof(*copy), by_value);
	m = percentile(copy, n, 50);
	free(copy);
	return m;
}

static void run_round(struct bench_case *c, int round, bool draining)
{
	double cpu = children_cpu_ms(), begin = now_ms(), end;

	wait_ok(start(c->argv, -1), c->name);
	end = now_ms();
	if (draining)
		drain();
	if (round < 0)
		return;
	c->ms[round] = end - begin;
	c->cpu_ms += children_cpu_ms() - cpu;
}

static void report_rounds(struct bench_case *cases, int n_cases, int n, const char *ref)
{
	double base = 0;

	for (int i = 0; i < n_cases; i++) {
		qsort(cases[i].ms, (size_t)n, sizeof(double), by_value);
		if (ref && strcmp(cases[i].name, ref) == 0)
			base = percentile(cases[i].ms, n, 50);
	}
	if (ref && base == 0)
		die(ref, "--ref names no command");
	if (!json)
		printf("%-20s %9s %9s %9s %9s %9s %7s\n", "ms", "min", "median", "p10", "p90",
		       "cpu", "ratio");
	for (int i = 0; i < n_cases; i++) {
		const double *ms = cases[i].ms;
		double med = percentile(ms, n, 50);

		printf(json ? "{\"name\":\"%s\",\"min_ms\":%.4f,\"median_ms\":%.4f,\"p10_ms\":%.4f,"
			      "\"p90_ms\":%.4f,\"cpu_ms\":%.4f,\"ratio\":%.4f}\n"
			    : "%-20s %9.3f %9.3f %9.3f %9.3f %9.3f %7.3f\n",
		       cases[i].name, ms[0], med, percentile(ms, n, 10), percentile(ms, n, 90),
		       cases[i].cpu_ms / n, base > 0 ? med / base : 0.0);
	}
}

static void shuffle(int *order, int n)
{
	for (int i = n - 1; i > 0; i--) {
		int j = (int)(random() % (i + 1)), other = order[j];

		order[j] = order[i];
		order[i] = other;
	}
}

static void mode_rounds(struct bench_case *cases, int n_cases, int n, const char *ref,
			bool draining)
{
	int order[MAX_CASES];

	for (int i = 0; i < n_cases; i++) {
		cases[i].ms = calloc((size_t)n, sizeof(double));
		order[i] = i;
	}
	for (int round = -1; round < n; round++) {
		shuffle(order, n_cases);
		for (int i = 0; i < n_cases; i++)
			run_round(&cases[order[i]], round, draining);
	}
	report_rounds(cases, n_cases, n, ref);
	for (int i = 0; i < n_cases; i++)
		free(cases[i].ms);
}

static void mode_loop(struct bench_case *cases, int n_cases, int n)
{
	for (int i = 0; i < n_cases; i++) {
		double begin = now_ms(), cpu = children_cpu_ms(), returned;

		for (int k = 0; k < n; k++)
			wait_ok(start(cases[i].argv, -1), cases[i].name);
		returned = now_ms() - begin;
		drain();
		printf(json ? "{\"name\":\"%s\",\"runs\":%d,\"returned_ms\":%.1f,\"drained_ms\":%."
			      "1f,"
			      "\"cpu_ms\":%.1f}\n"
			    : "%-20s %d runs: %.1f ms until the last returned, %.1f ms drained, "
			      "%.1f ms cpu\n",
		       cases[i].name, n, returned, now_ms() - begin, children_cpu_ms() - cpu);
	}
}

/* The first number in a thread's schedstat is its run time in ns; kernel: sched-stats.rst. */
static double thread_ms(int pid)
{
	unsigned long long ns = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0; /* it has ended */
	if (fscanf(f, "%llu", &ns) != 1)
		ns = 0;
	fclose(f);
	return (double)ns / 1e6;
}

/* Of all kernel threads: the children of kthreadd, pid 2. */
static double kernel_ms(void)
{
	FILE *f = fopen("/proc/2/task/2/children", "re");
	double sum = 0;
	int pid;

	if (!f)
		die("/proc/2/task/2/children", strerror(errno));
	while (fscanf(f, "%d", &pid) == 1)
		sum += thread_ms(pid);
	fclose(f);
	return sum;
}

/* One turn. What kernel threads do anyway is measured in a pause before, and subtracted. */
static void cost_turn(const struct bench_case *c, int n, double *ret_processes, double *ret_kernel)
{
	double begin = now_ms(), idle = kernel_ms(), kernel, cpu, rate;

	usleep(DRAIN_US);
	kernel = kernel_ms();
	rate = (kernel - idle) / (now_ms() - begin);
	begin = now_ms();
	cpu = children_cpu_ms();
	for (int i = 0; i < n; i++)
		wait_ok(start(c->argv, -1), c->name);
	drain();
	*ret_processes = (children_cpu_ms() - cpu) / n;
	usleep(DRAIN_US);
	*ret_kernel = (kernel_ms() - kernel - rate * (now_ms() - begin)) / n;
}

static void mode_cost(const struct bench_case *cases, int n_cases, int n)
{
	double processes[MAX_CASES][TURNS], kernel[MAX_CASES][TURNS], whole[MAX_CASES][TURNS];

	for (int turn = 0; turn < TURNS; turn++)
		for (int i = 0; i < n_cases; i++) {
			cost_turn(&cases[i], n, &processes[i][turn], &kernel[i][turn]);
			whole[i][turn] = processes[i][turn] + kernel[i][turn];
		}
	for (int i = 0; i < n_cases; i++)
		printf(json ? "{\"name\":\"%s\",\"cost_ms\":%.4f,\"processes_ms\":%.4f,"
			      "\"kernel_ms\":%.4f}\n"
			    : "%-20s %.3f ms of processor time a start: processes %.3f, kernel "
			      "threads %.3f\n",
		       cases[i].name, median(whole[i], TURNS), median(processes[i], TURNS),
		       median(kernel[i], TURNS));
}

/*
 * In KiB. Charged is what our memory cgroup is charged for: nothing of other programs, but not all
 * that the kernel allocates. The others are keys of /proc/meminfo, of the whole machine:
 * proc_meminfo(5). Percpu is for the network namespaces.
 */
static const char *const mem_keys[] = {"Charged",    "MemAvailable", "MemFree",	    "Slab",
				       "SUnreclaim", "PageTables",   "KernelStack", "Percpu"};
#define MEM_KEYS (sizeof(mem_keys) / sizeof(mem_keys[0]))
enum { CHARGED, MEM_AVAILABLE, MEM_FREE, SLAB, SUNRECLAIM };
#define PATH_CHARS "4095"

/* The file with the bytes that our memory cgroup is charged for: cgroups(7), v1 or v2. */
static FILE *open_charged(void)
{
	char line[4200], path[4096], file[4300];
	FILE *f = fopen("/proc/self/cgroup", "re"), *found = NULL;

	while (f && !found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*d:memory:%" PATH_CHARS "[^\n]", path) == 1)
			snprintf(file, sizeof(file),
				 "/sys/fs/cgroup/memory%s/memory.usage_in_bytes", path);
		else if (sscanf(line, "0::%" PATH_CHARS "[^\n]", path) == 1)
			snprintf(file, sizeof(file), "/sys/fs/cgroup%s/memory.current", path);
		else
			continue;
		found = fopen(file, "re");
	}
	if (f)
		fclose(f);
	return found;
}

static void read_charged(long long kib[MEM_KEYS])
{
	FILE *f = open_charged();

	if (!f)
		return;
	if (fscanf(f, "%lld", &kib[CHARGED]) == 1)
		kib[CHARGED] /= 1024;
	fclose(f);
}

static void read_meminfo(long long kib[MEM_KEYS])
{
	char line[256], key[64];
	long long value;
	FILE *f;

	f = fopen("/proc/meminfo", "re");
	if (!f)
		die("/proc/meminfo", strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%63[^:]: %lld", key, &value) == 2)
			for (size_t i = 0; i < MEM_KEYS; i++)
				if (strcmp(key, mem_keys[i]) == 0)
					kib[i] = value;
	fclose(f);
}

/*
 * Waits until it no longer changes: the kernel takes network namespaces apart one after the other,
 * for seconds after a thousand processes have gone.
 */
static void read_memory(long long kib[MEM_KEYS])
{
	long long last[MEM_KEYS];
	int turns = 0;

	read_charged(kib);
	read_meminfo(kib);
	do {
		memcpy(last, kib, sizeof(last));
		usleep(SETTLE_US);
		read_charged(kib);
		read_meminfo(kib);
	} while (++turns < SETTLE_TURNS &&
		 (llabs(kib[CHARGED] - last[CHARGED]) > SETTLED_KIB ||
		  llabs(kib[SUNRECLAIM] - last[SUNRECLAIM]) > SETTLED_KIB));
}

/*
 * Starts one that stays. It has started once its program has written its dot to stdout, or once the
 * command has succeeded, having put it into the background and printed its id.
 */
static void hold_one(const struct bench_case *c, const int pipe_fd[2])
{
	pid_t pid = start(c->argv, pipe_fd[1]);
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p[2] = {{.fd = pipe_fd[0], .events = POLLIN},
			      {.fd = pidfd, .events = POLLIN}};
	char said[64] = "";

	if (pidfd < 0)
		die("pidfd_open", strerror(errno));
	do {
		if (poll(p, 2, 30000) <= 0)
			die(c->name, "not started within 30 seconds");
		if (p[0].revents && read(pipe_fd[0], said, sizeof(said)) < 1)
			die(c->name, "cannot read its stdout");
	} while (!p[1].revents && said[0] != '.');
	if (p[1].revents)
		wait_ok(pid, c->name);
	close(pidfd);
}

/* The pids of our children, from /proc/self/task/TID/children: proc_pid_task(5). */
static int kill_children(void)
{
	char path[64];
	int pid, n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	f = fopen(path, "re");
	if (!f)
		die(path, strerror(errno));
	while (fscanf(f, "%d", &pid) == 1 && ++n)
		kill(pid, SIGKILL);
	fclose(f);
	return n;
}

/* Killing a parent may reparent its children to us: repeat until there are none. */
static void kill_all(void)
{
	while (kill_children() > 0)
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	drain();
}

/* All processes beneath root, without root. */
static int count_descendants(int root)
{
	char path[64];
	int pid, n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", root, root);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fscanf(f, "%d", &pid) == 1)
		n += 1 + count_descendants(pid);
	fclose(f);
	return n;
}

static void mode_hold(struct bench_case *c, int n)
{
	double *ms = calloc((size_t)n, sizeof(*ms)), begin, total;
	long long before[MEM_KEYS] = {0}, after[MEM_KEYS] = {0};
	int edge = n < 2 * EDGE ? (n + 1) / 2 : EDGE, pipe_fd[2], processes;

	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		die("pipe2", strerror(errno));
	atexit(kill_all);
	hold_one(c, pipe_fd); /* warm up: cold caches must not count for the first one */
	kill_all();
	read_memory(before);
	begin = now_ms();
	for (int i = 0; i < n; i++) {
		double t = now_ms();

		hold_one(c, pipe_fd);
		ms[i] = now_ms() - t;
		/* A process that has handed over to another one is not part of what is held. */
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	total = now_ms() - begin;
	read_memory(after);
	processes = count_descendants(getpid());
	printf(json ? "{\"name\":\"%s\",\"held\":%d,\"rate\":%.2f,\"first_ms\":%.4f,\"last_ms\":%."
		      "4f,"
		      "\"processes\":%.2f"
		    : "%-20s %d held, %.1f starts/s, first %.3f ms, last %.3f ms, %.2f processes "
		      "each\n",
	       c->name, n, n / total * 1e3, median(ms, edge), median(ms + n - edge, edge),
	       (double)processes / n);
	for (size_t i = 0; i < MEM_KEYS; i++) {
		bool falls = i == MEM_AVAILABLE || i == MEM_FREE;
		double kib = (double)(falls ? before[i] - after[i] : after[i] - before[i]) / n;

		printf(json ? ",\"%s_kib\":%.2f" : "  %-14s %9.1f KiB each\n", mem_keys[i], kib);
	}
	printf(json ? "}\n" : "");
	fflush(stdout);
	free(ms);
	begin = now_ms();
	kill_all();
	if (!json)
		printf("  gone after %.0f ms\n", now_ms() - begin);
}

/* Splits NAME CMD... ::: NAME CMD... in place. */
static int parse_cases(char **argv, struct bench_case *cases)
{
	int n = 0;

	while (*argv) {
		if (n == MAX_CASES || !argv[1])
			die("usage", "NAME CMD... ::: NAME CMD... (at most 16)");
		cases[n++] = (struct bench_case){.name = argv[0], .argv = argv + 1};
		while (*argv && strcmp(*argv, ":::") != 0)
			argv++;
		if (*argv)
			*argv++ = NULL;
	}
	return n;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"rounds", required_argument, NULL, 'n'}, {"ref", required_argument, NULL, 'r'},
		{"no-drain", no_argument, NULL, 'd'},	  {"loop", required_argument, NULL, 'l'},
		{"cost", required_argument, NULL, 'c'},	  {"hold", required_argument, NULL, 'h'},
		{"json", no_argument, NULL, 'j'},	  {NULL, 0, NULL, 0},
	};
	struct bench_case cases[MAX_CASES];
	int n = 200, n_cases, opt, mode = 'n';
	const char *ref = NULL;
	bool draining = true;

	while ((opt = getopt_long(argc, argv, "+n:", options, NULL)) != -1) {
		if (opt == 'r')
			ref = optarg;
		else if (opt == 'd')
			draining = false;
		else if (opt == 'j')
			json = true;
		else if (opt == 'n' || opt == 'l' || opt == 'c' || opt == 'h')
			mode = opt, n = atoi(optarg);
		else
			return 2;
	}
	n_cases = parse_cases(argv + optind, cases);
	if (n < 1 || n_cases < 1 || (mode == 'h' && n_cases > 1))
		die("usage", "see the top of spawn.c");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		die("prctl", strerror(errno));
	if (mode == 'n')
		mode_rounds(cases, n_cases, n, ref, draining);
	else if (mode == 'l')
		mode_loop(cases, n_cases, n);
	else if (mode == 'c')
		mode_cost(cases, n_cases, n);
	else
		mode_hold(&cases[0], n);
	return 0;
}
