/*
 * become.c - ways in which programs change their identity; each prints the result that it sees.
 *
 *	become HOW [COMMAND...]
 *
 * now	       groups, gid and uid, one thread; then the ids, and the way back
 * threads     the same with five threads, as Go programs are; then COMMAND
 * thread      ... COMMAND by one of the others
 * failed      ... after an execve that fails
 * fork, vfork COMMAND by a child
 * effective   the effective uid alone; then COMMAND
 * back        the effective uid, and root again; then COMMAND
 * traced      setuid under a tracer
 * full        setuid when there is no descriptor left
 * signals     setuid while signals rain
 * storm N     N processes at once, half with threads, a third killed and a third stopped
 * poke PID    what a process that became another can do to another: prints what is open to it
 * joins PID   setns of root into the namespace of one who became another
 * making N    N times an execve by a thread while the first one makes files; then now
 * peer	       SO_PEERCRED of a client that is root, and of one that is another user
 * cost N      microseconds of N rounds of each
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ID	  33
#define STORM_MAX 1000

static char **command;
static volatile sig_atomic_t hits;

static void *idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void *execute(void *arg)
{
	execvp(command[0], command);
	perror(command[0]);
	_exit(127);
	return arg;
}

static void start_threads(int n)
{
	pthread_t thread;

	for (int i = 0; i < n; i++)
		pthread_create(&thread, NULL, idle, NULL);
}

static void drop(void)
{
	gid_t groups[2] = {ID, ID + 1};

	if (setgroups(2, groups) < 0 || setgid(ID) < 0 || setuid(ID) < 0) {
		perror("drop");
		exit(1);
	}
}

/* As apt and sshd check it. */
static int now(void)
{
	gid_t groups[64];
	char text[] = "become-XXXXXX";
	struct stat st;
	int n, fd;

	drop();
	if (syscall(SYS_getgroups, -1, groups) != -1 || errno != EINVAL)
		puts("getgroups takes a negative size");
	n = getgroups(64, groups);
	fd = mkstemp(text);
	fstat(fd, &st);
	unlink(text);
	printf("uid %d %d gid %d %d groups %d:%d,%d file %d\n", getuid(), geteuid(), getgid(),
	       getegid(), n, groups[0], groups[1], st.st_uid);
	printf("back: setuid %s", setuid(0) < 0 ? strerrorname_np(errno) : "ok");
	printf(" seteuid %s", seteuid(0) < 0 ? strerrorname_np(errno) : "ok");
	printf(" setgid %s", setgid(0) < 0 ? strerrorname_np(errno) : "ok");
	printf(" setgroups %s", setgroups(0, NULL) < 0 ? strerrorname_np(errno) : "ok");
	printf(" own %s\n", setuid(ID) < 0 ? strerrorname_np(errno) : "ok");
	return 0;
}

static int traced(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		printf("setuid %s uid %d\n", setuid(ID) < 0 ? strerrorname_np(errno) : "ok",
		       getuid());
		fflush(stdout);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, pid, 0, 0);
	return 0;
}

static void hit(int sig)
{
	(void)sig;
	hits++;
}

static int signals(void)
{
	struct sigaction sa = {.sa_handler = hit, .sa_flags = SA_RESTART};
	pid_t me = getpid(), pid;
	int r;

	sigaction(SIGUSR1, &sa, NULL);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 3000; i++)
			kill(me, SIGUSR1);
		_exit(0);
	}
	while (!hits)
		sched_yield();
	r = setuid(ID);
	waitpid(pid, NULL, 0);
	printf("setuid %d uid %d, hit: %s\n", r, getuid(), hits ? "yes" : "no");
	return 0;
}

static void storm_child(int i)
{
	if (i & 1)
		start_threads(1);
	if (setgid(ID + i % 3) < 0 || setuid(ID + i % 3) < 0)
		_exit(3);
	if (!(i & 1))
		_exit((int)getuid() == ID + i % 3 ? 0 : 4);
	execl("/bin/sh", "sh", "-c", "[ $(id -u) != 0 ]", NULL);
	_exit(5);
}

static int storm(int n)
{
	pid_t pid[STORM_MAX];
	int right = 0, killed = 0, wrong = 0, status;

	if (n > STORM_MAX)
		return 2;
	srand(1);
	for (int i = 0; i < n; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			storm_child(i);
		usleep((useconds_t)(rand() % 400));
		if (i % 3 == 0)
			kill(pid[i], SIGKILL);
		if (i % 3 == 1) {
			kill(pid[i], SIGSTOP);
			kill(pid[i], SIGCONT);
		}
	}
	for (int i = 0; i < n; i++) {
		waitpid(pid[i], &status, 0);
		if (WIFSIGNALED(status) && i % 3 == 0)
			killed++;
		else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			right++;
		else
			wrong++;
	}
	printf("all %d wrong %d, still answered: %d\n", right + killed + wrong, wrong, setgid(0));
	return 0;
}

static const char *answer(long r)
{
	return r < 0 ? strerrorname_np(errno) : "ok";
}

static int poke(pid_t pid)
{
	char path[64];

	drop();
	printf("ptrace %s", answer(ptrace(PTRACE_SEIZE, pid, 0, 0)));
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	printf(" mem %s", answer(open(path, O_RDWR)));
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	printf(" ns %s", answer(open(path, O_RDONLY)));
	printf(" unshare %s", answer(unshare(CLONE_NEWUSER)));
	printf(" mount %s", answer(unshare(CLONE_NEWNS)));
	printf(" chroot %s", answer(chroot("/tmp")));
	printf(" sethostname %s\n", answer(sethostname("x", 1)));
	return 0;
}

/* The namespace of a process that became another user, as root of the box may open it. */
static int joins(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	fd = open(path, O_RDONLY);
	printf("open %s", answer(fd));
	printf(" setns %s", answer(setns(fd, CLONE_NEWUSER)));
	printf(" %s\n", answer(setns(fd, 0)));
	return 0;
}

static int client(int id, const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid = fork();

	if (pid == 0) {
		if (id && (setgid(id) < 0 || setuid(id) < 0))
			_exit(1);
		(void)!connect(fd, (const struct sockaddr *)addr, sizeof(*addr));
		pause();
	}
	close(fd);
	return pid;
}

/* Root, and a third user, connect to a server that became another user. */
static int peer(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = "/tmp/become.sock"};
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pids[2];

	(void)!bind(server, (struct sockaddr *)&addr, sizeof(addr));
	(void)!listen(server, 2);
	pids[0] = client(0, &addr);
	pids[1] = client(ID + 1, &addr);
	drop();
	for (int i = 0; i < 2; i++) {
		struct ucred cred = {0};
		socklen_t len = sizeof(cred);
		int fd = accept(server, NULL, NULL);

		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
			perror("SO_PEERCRED");
		printf("%s %u:%u\n", cred.pid == pids[0] ? "root" : "other", cred.uid, cred.gid);
		close(fd);
	}
	kill(pids[0], SIGKILL);
	kill(pids[1], SIGKILL);
	return 0;
}

static double clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* vfork(2) is what is tried here, with calls that it does not promise to bear. */
/* NOLINTBEGIN(clang-analyzer-unix.Vfork,clang-analyzer-security.insecureAPI.vfork) */
static void cost_child(const char *name, int n, int uid, const char *program)
{
	double start = clock_us();

	for (int i = 0; i < n; i++) {
		pid_t pid = program ? vfork() : fork();

		if (pid == 0) {
			if (uid)
				syscall(SYS_setresuid, program ? -1 : uid, uid, program ? -1 : uid);
			if (program)
				execl(program, program, NULL);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	printf("%s %.1f\n", name, (clock_us() - start) / n);
}

static int cost(int n)
{
	double start = clock_us();

	for (int i = 0; i < n; i++)
		syscall(SYS_getuid);
	printf("getuid %.2f\n", (clock_us() - start) / n);
	start = clock_us();
	for (int i = 0; i < n; i++)
		syscall(SYS_setgid, 0);
	printf("setgid(0) %.2f\n", (clock_us() - start) / n);
	cost_child("fork", n, 0, NULL);
	cost_child("fork, setresuid", n, ID, NULL);
	cost_child("vfork, exec", n, 0, "/bin/true");
	cost_child("vfork, seteuid, exec", n, ID, "/bin/true");
	return 0;
}

static int with_threads(const char *how)
{
	pthread_t thread;

	start_threads(4);
	drop();
	if (strcmp(how, "failed") == 0)
		printf("exec %s, setuid(0) %s\n", answer(execl("/nonexistent", "x", NULL)),
		       answer(setuid(0)));
	if (strcmp(how, "thread") == 0) {
		pthread_create(&thread, NULL, execute, NULL);
		idle(NULL);
	}
	if (strcmp(how, "fork") == 0 && fork() != 0)
		return wait(NULL) < 0;
	execute(NULL);
	return 1;
}

static int alone(const char *how)
{
	pid_t pid;

	if (strcmp(how, "vfork") == 0) {
		pid = vfork();
		if (pid == 0) {
			syscall(SYS_setgid, ID);
			syscall(SYS_setuid, ID);
			execvp(command[0], command);
			_exit(127);
		}
		waitpid(pid, NULL, 0);
		printf("parent %d\n", getuid());
		return 0;
	}
	if (seteuid(ID) < 0 || (strcmp(how, "back") == 0 && seteuid(0) < 0))
		perror("seteuid");
	execute(NULL);
	return 1;
}

static void *execute_soon(void *arg)
{
	usleep(100 + rand() % 400);
	return execute(arg);
}

/* In the working directory. */
static int making(int n, char **argv)
{
	char rest[12];
	pthread_t t;

	if (n == 0)
		return now();
	srand((unsigned)n);
	snprintf(rest, sizeof(rest), "%d", n - 1);
	command = (char *[]){argv[0], argv[1], rest, NULL};
	pthread_create(&t, NULL, execute_soon, NULL);
	for (;;) {
		mkdir("made", 0755);
		rmdir("made");
		close(open("file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
		unlink("file");
	}
}

/* NOLINTEND(clang-analyzer-unix.Vfork,clang-analyzer-security.insecureAPI.vfork) */

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	int n = argc > 2 ? atoi(argv[2]) : 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	command = argv + 2;
	if (strcmp(how, "now") == 0)
		return now();
	if (strcmp(how, "traced") == 0)
		return traced();
	if (strcmp(how, "signals") == 0)
		return signals();
	if (strcmp(how, "storm") == 0)
		return storm(n);
	if (strcmp(how, "poke") == 0)
		return poke(n);
	if (strcmp(how, "joins") == 0)
		return joins(n);
	if (strcmp(how, "making") == 0)
		return making(n, argv);
	if (strcmp(how, "peer") == 0)
		return peer();
	if (strcmp(how, "cost") == 0)
		return cost(n);
	if (strcmp(how, "full") == 0) {
		setrlimit(RLIMIT_NOFILE, &(struct rlimit){3, 3});
		printf("setuid %s", answer(setuid(ID)));
		printf(" uid %d\n", getuid());
		return 0;
	}
	if (strcmp(how, "vfork") == 0 || strcmp(how, "effective") == 0 || strcmp(how, "back") == 0)
		return alone(how);
	return with_threads(how);
}
