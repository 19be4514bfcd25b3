/*
 * identity_file.c - from a path in a caller's memory to a file of the box.
 *
 * Promises never to leave the box's own file systems. Another mount may belong to the host, or may
 * be a FUSE file system whose server waits for the supervisor. In a build all mounts are the
 * builder's: copies of files, and caches.
 */
#include "launch/identity_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"

#define LEAST_PAGE 4096

/* The paths of files.mounts. */
static const char *const own[] = {"/", "/tmp/", "/run/"};

static uint64_t mount_of(int fd)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &st) < 0)
		return 0;
	return st.stx_mask & STATX_MNT_ID ? st.stx_mnt_id : 0;
}

/* Is it on a tmpfs? The box's /dev always is. */
static bool in_memory(int fd)
{
	struct stat st, dev;

	return fstat(fd, &st) == 0 && stat("/dev", &dev) == 0 && st.st_dev == dev.st_dev;
}

/* The rest of a line of mountinfo begins with the mount point. */
static bool is_kernels(char *rest)
{
	static const char *const dirs[] = {"/proc", "/sys", "/dev"};

	rest[strcspn(rest, " ")] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (path_is_beneath(rest, dirs[i]))
			return true;
	return false;
}

/* All but those of the kernel's, whose files have no owners. */
static void learn_mounts(struct files *f)
{
	cleanup_fclose FILE *list = fopen("/proc/self/mountinfo", "re");
	cleanup_free char *line = NULL;
	size_t size = 0;

	while (list && f->n_build < ARRAY_SIZE(f->build) && getline(&line, &size, list) > 0) {
		unsigned long long id;
		int point = 0;

		/* proc_pid_mountinfo(5) */
		if (sscanf(line, "%llu %*s %*s %*s %n", &id, &point) == 1 && point &&
		    !is_kernels(line + point))
			f->build[f->n_build++] = id;
	}
}

int identity_files_prepare(struct files *f, bool build)
{
	if (build)
		learn_mounts(f);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		f->fds[i] = open(own[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		f->mounts[i] = f->fds[i] < 0 ? 0 : mount_of(f->fds[i]);
		if (i > 0 && f->fds[i] >= 0 && !in_memory(f->fds[i]))
			f->mounts[i] = 0;
	}
	return chdir("/proc/self/fd");
}

/* In two pieces: the page after the first may not be mapped. */
bool identity_file_read_path(const struct notice *c, uint64_t at, char path[PATH_MAX])
{
	size_t first = LEAST_PAGE - at % LEAST_PAGE;
	struct iovec ours = {path, PATH_MAX};
	struct iovec theirs[] = {
		{(void *)(uintptr_t)at, first},
		{(void *)(uintptr_t)(at + first), PATH_MAX - first},
	};
	ssize_t n = process_vm_readv((pid_t)c->n->pid, &ours, 1, theirs, ARRAY_SIZE(theirs), 0);

	return n > 0 && memchr(path, '\0', (size_t)n);
}

static bool is_own(const struct files *f, int fd)
{
	uint64_t mount = mount_of(fd);

	for (size_t i = 0; mount && i < ARRAY_SIZE(own); i++)
		if (f->mounts[i] == mount)
			return true;
	for (size_t i = 0; mount && i < f->n_build; i++)
		if (f->build[i] == mount)
			return true;
	return false;
}

int identity_file_descriptor(const struct supervisor *s, pid_t tid, int dirfd)
{
	cleanup_close int fd = -1;
	char link[48];

	if (dirfd == AT_FDCWD)
		snprintf(link, sizeof(link), "%d/cwd", tid);
	else
		snprintf(link, sizeof(link), "%d/fd/%d", tid, dirfd);
	fd = openat(s->proc_fd, link, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -EBADF;
	return is_own(&s->files, fd) ? take_fd(&fd) : -EXDEV;
}

static int open_beneath(const struct files *f, int dir, const char *path, bool follow)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW),
			       .resolve = RESOLVE_NO_MAGICLINKS |
					  (f->n_build ? 0 : RESOLVE_NO_XDEV)};
	cleanup_close int fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));

	if (fd < 0)
		return -errno;
	return !f->n_build || is_own(f, fd) ? take_fd(&fd) : -EXDEV;
}

/*
 * "/proc/self/fd/5/name", as libraries write what their system has no call for: "self" is somebody
 * else here. Turns it into a descriptor and a name.
 */
static bool names_descriptor(const char **path, int *ret_dirfd)
{
	static const char prefix[] = "/proc/self/fd/";
	const char *digits = *path + strlen(prefix), *rest;
	int number;

	if (!starts_with(*path, prefix))
		return false;
	number = (int)strspn(digits, "0123456789");
	rest = digits + number + strspn(digits + number, "/");
	if (number < 1 || number > 6 || digits[number] != '/' || !*rest)
		return false;
	*ret_dirfd = atoi(digits);
	*path = rest;
	return true;
}

int identity_file_open(const struct supervisor *s, const struct notice *c, int dirfd,
		       const char *path, bool follow)
{
	const struct files *f = &s->files;
	cleanup_close int start = -1;

	if (path && *path == '/' && !names_descriptor(&path, &dirfd)) {
		for (size_t i = ARRAY_SIZE(own); --i > 0;)
			if (f->mounts[i] && starts_with(path, own[i])) {
				path += strlen(own[i]);
				path += strspn(path, "/");
				return open_beneath(f, f->fds[i], *path ? path : ".", follow);
			}
		return f->mounts[0] ? open_beneath(f, f->fds[0], path, follow) : -EXDEV;
	}
	start = identity_file_descriptor(s, (pid_t)c->n->pid, dirfd);
	if (!path || start < 0)
		return take_fd(&start);
	return open_beneath(f, start, path, follow);
}

bool identity_file_same_root(const struct supervisor *s, const struct notice *c)
{
	struct stat ours, theirs;
	char link[32];

	snprintf(link, sizeof(link), "%d/root", (pid_t)c->n->pid);
	return stat("/", &ours) == 0 && fstatat(s->proc_fd, link, &theirs, 0) == 0 &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}
