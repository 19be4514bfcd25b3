/*
 * set-id.c - every way to give a file set-id bits; prints "WAY ANSWER MODE" for each.
 *
 *	set-id DIR	     each way, a file of its name in DIR; ANSWER is ok or an errno's name
 *	set-id DIR storm N   N threads at once, half of them with many signals
 *	set-id DIR openat2   whether it exists
 *	set-id DIR cost N    microseconds of N rounds of open and close
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BITS	     (S_ISUID | S_ISGID)
#define MODE	     (BITS | 0755)
#define NR_FCHMODAT2 452
#define X32	     0x40000000L
#define HIGH	     (1L << 32)
#define ROUNDS	     20

/* An i386 call's pointers have 32 bits. */
static char *low;

static void make(const char *name)
{
	int fd = open(name, O_CREAT | O_WRONLY, 0644);

	if (fd >= 0)
		close(fd);
}

static void show(const char *name, long r)
{
	struct stat st = {0};
	const char *answer = r < 0 ? strerrorname_np(errno) : "ok";

	stat(name, &st);
	printf("%s %s %o\n", name, answer, st.st_mode & 07777);
}

static long i386(long nr, long a, long b, long c, long d)
{
#if defined(__x86_64__)
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d)
			 : "memory", "r8", "r9", "r10", "r11");
	r = (int)r;
	errno = r < 0 ? (int)-r : 0;
	return r < 0 ? -1 : r;
#else
	(void)nr, (void)a, (void)b, (void)c, (void)d;
	errno = ENOSYS;
	return -1;
#endif
}

static const char *lowered(const char *name)
{
	snprintf(low, 4096, "%s", name);
	return low;
}

static long of_fd(const char *name, const char *folder, int flags)
{
	char path[64];
	int fd = open(name, flags);

	snprintf(path, sizeof(path), "%s/%d", folder, fd);
	return chmod(path, MODE);
}

static long linked(const char *name)
{
	int fd = open(".", O_TMPFILE | O_RDWR, MODE);
	char path[64];

	if (fd < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

static long in_folder(const char *name)
{
	int dir = open(".", O_PATH);

	return syscall(SYS_fchmodat, dir, name, MODE);
}

static long by_link(const char *name)
{
	unlink("link");
	return symlink(name, "link") < 0 ? -1 : chmod("link", MODE);
}

/* The bits are the directory's, which is continually exchanged with a file. */
static volatile int swapping = 1;

static void *swap(void *name)
{
	while (swapping)
		syscall(SYS_renameat2, AT_FDCWD, name, AT_FDCWD, "folder", 2 /* RENAME_EXCHANGE */);
	return NULL;
}

static long swapped(const char *name)
{
	pthread_t thread;
	char copy[32];

	snprintf(copy, sizeof(copy), "%s", name);
	mkdir("folder", 0755);
	pthread_create(&thread, NULL, swap, copy);
	for (int i = 0; i < 50 * ROUNDS; i++)
		chmod(name, MODE);
	swapping = 0;
	pthread_join(thread, NULL);
	return 0;
}

#define TRY(name, call)                           \
	do {                                      \
		if (strncmp(name, "new", 3) != 0) \
			make(name);               \
		show(name, (call));               \
	} while (0)

static void try_all(void)
{
	TRY("chmod", chmod("chmod", MODE));
	TRY("setuid", chmod("setuid", S_ISUID | 0711));
	TRY("setgid", chmod("setgid", S_ISGID | 0711));
	TRY("high", syscall(SYS_fchmodat, AT_FDCWD, "high", MODE | HIGH));
	TRY("fchmod", fchmod(open("fchmod", O_RDONLY), MODE));
	TRY("fchmodat", in_folder("fchmodat"));
	TRY("fchmodat2", syscall(NR_FCHMODAT2, AT_FDCWD, "fchmodat2", MODE, 0));
	TRY("nofollow", syscall(NR_FCHMODAT2, AT_FDCWD, "nofollow", MODE, AT_SYMLINK_NOFOLLOW));
	TRY("empty", syscall(NR_FCHMODAT2, open("empty", O_PATH), "", MODE, AT_EMPTY_PATH));
	TRY("self-fd", of_fd("self-fd", "/proc/self/fd", O_PATH));
	TRY("dev-fd", of_fd("dev-fd", "/dev/fd", O_RDONLY));
	TRY("link-to", by_link("link-to"));
	TRY("swapped", swapped("swapped"));
	TRY("new-open", open("new-open", O_CREAT | O_RDWR, MODE));
	TRY("new-openat", syscall(SYS_openat, AT_FDCWD, "new-openat", O_CREAT, MODE));
	TRY("new-high", syscall(SYS_openat, AT_FDCWD, "new-high", O_CREAT | HIGH, MODE | HIGH));
	TRY("new-tmpfile", linked("new-tmpfile"));
	TRY("new-mknod", mknod("new-mknod", S_IFREG | MODE, 0));
	TRY("new-untyped", syscall(SYS_mknodat, AT_FDCWD, "new-untyped", MODE, 0));
#if defined(__x86_64__)
	TRY("new-creat", syscall(SYS_creat, "new-creat", MODE));
	TRY("new-SYS_open", syscall(SYS_open, "new-SYS_open", O_CREAT, MODE));
	TRY("new-SYS_mknod", syscall(SYS_mknod, "new-SYS_mknod", S_IFREG | MODE, 0));
	TRY("x32-chmod", syscall(X32 + SYS_chmod, "x32-chmod", MODE));
	TRY("i386-chmod", i386(15, (long)lowered("i386-chmod"), MODE, 0, 0));
	TRY("i386-fchmod", i386(94, open("i386-fchmod", O_RDONLY), MODE, 0, 0));
	TRY("i386-fchmodat", i386(306, AT_FDCWD, (long)lowered("i386-fchmodat"), MODE, 0));
	TRY("new-i386-open", i386(5, (long)lowered("new-i386-open"), O_CREAT, MODE, 0));
	TRY("new-i386-creat", i386(8, (long)lowered("new-i386-creat"), MODE, 0, 0));
	TRY("new-i386-openat",
	    i386(295, AT_FDCWD, (long)lowered("new-i386-openat"), O_CREAT, MODE));
	TRY("new-i386-mknod", i386(14, (long)lowered("new-i386-mknod"), S_IFREG | MODE, 0, 0));
	TRY("new-i386-mknodat",
	    i386(297, AT_FDCWD, (long)lowered("new-i386-mknodat"), S_IFREG | MODE, 0));
#endif
}

static void on_signal(int sig)
{
	(void)sig;
}

static void *storm(void *number)
{
	char name[32];

	snprintf(name, sizeof(name), "storm-%ld", (long)number);
	make(name);
	for (int i = 0; i < ROUNDS; i++)
		if (chmod(name, MODE) < 0)
			perror(name);
	return NULL;
}

static void run_storm(long n)
{
	pthread_t threads[256];

	signal(SIGUSR1, on_signal);
	for (long i = 0; i < n && i < 256; i++)
		pthread_create(&threads[i], NULL, storm, (void *)i);
	for (int round = 0; round < 200; round++) {
		for (long i = 0; i < n && i < 256; i += 2)
			pthread_kill(threads[i], SIGUSR1);
		usleep(1000);
	}
	for (long i = 0; i < n && i < 256; i++)
		pthread_join(threads[i], NULL);
	for (long i = 0; i < n && i < 256; i++) {
		char name[32];

		snprintf(name, sizeof(name), "storm-%ld", i);
		show(name, 0);
	}
}

static void cost(long n)
{
	struct timespec from, to;

	make("cost");
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (long i = 0; i < n; i++)
		close(open("cost", O_RDONLY | O_CLOEXEC));
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("open %ld\n",
	       (to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000);
}

int main(int argc, char **argv)
{
	uint64_t how[3] = {O_CREAT | O_WRONLY, MODE, 0};

	if (argc < 2 || chdir(argv[1]) < 0)
		return 2;
	umask(022);
#if defined(MAP_32BIT)
	low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1,
		   0);
#endif
	if (argc > 3 && strcmp(argv[2], "storm") == 0)
		run_storm(strtol(argv[3], NULL, 10));
	else if (argc > 3 && strcmp(argv[2], "cost") == 0)
		cost(strtol(argv[3], NULL, 10));
	else if (argc > 2)
		show("openat2", syscall(437, AT_FDCWD, "openat2", how, sizeof(how)));
	else
		try_all();
	return 0;
}
