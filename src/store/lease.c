/*
 * lease.c - the lease of the data directory, and locks of single pieces of work.
 *
 * All are released when their holder ends: flock(2), and open file description locks of fcntl(2).
 */
#include "store/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"

#define LEASE	"image.lock"
#define POLL_MS 10

int store_lease_open(int data_fd, const char *path, int *ret_fd, struct err *e)
{
	cleanup_close int fd = openat(data_fd, LEASE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	/* Reading works there; the lock still counts for those with a writable mount of it. */
	if (fd < 0 && errno == EROFS)
		fd = openat(data_fd, LEASE, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "cannot lock '%s/" LEASE "'", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

int store_lease_share(int lease, const char *path, int timeout_ms, struct err *e)
{
	const int how = timeout_ms < 0 ? LOCK_SH : LOCK_SH | LOCK_NB;

	for (int waited = 0; flock(lease, how) < 0;) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return err_sys(e, errno, "cannot lock '%s/" LEASE "'", path);
		if (waited >= timeout_ms)
			return err_set(e, EBUSY,
				       "another command is removing images and layers: try again "
				       "when it has ended");
		usleep(POLL_MS * 1000);
		waited += POLL_MS;
	}
	return 0;
}

bool store_lease_take_alone(int lease, int timeout_ms)
{
	for (int waited = 0; flock(lease, LOCK_EX | LOCK_NB) < 0; waited += POLL_MS) {
		/*
		 * A failed LOCK_EX has released the shared lease, flock(2). Take it again: without
		 * it, others remove our work from tmp/.
		 */
		if (waited >= timeout_ms || errno != EWOULDBLOCK) {
			while (flock(lease, LOCK_SH) < 0 && errno == EINTR)
				;
			return false;
		}
		usleep(POLL_MS * 1000);
	}
	return true;
}

int store_lease(int data_fd, const char *path, int *ret_fd, struct err *e)
{
	cleanup_close int fd = -1;
	int r = store_lease_open(data_fd, path, &fd, e);

	if (r == 0)
		r = store_lease_share(fd, path, -1, e);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

int store_work_lock(int data_fd, const char *path, const struct store_work *work, int *ret_fd,
		    struct err *e)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	cleanup_close int fd = openat(data_fd, work->file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char start[16];

	if (fd < 0)
		return err_sys(e, errno, "cannot make '%s/%s'", path, work->file);
	snprintf(start, sizeof(start), "%s", work->key);
	lock.l_start = (off_t)strtoull(start, NULL, 16);
	if (fcntl(fd, F_OFD_SETLK, &lock) < 0) {
		if (errno == EAGAIN || errno == EACCES)
			work->busy();
		while (fcntl(fd, F_OFD_SETLKW, &lock) < 0)
			if (errno != EINTR || (work->stop && work->stop()))
				return err_sys(e, errno, "cannot lock '%s/%s'", path, work->file);
	}
	*ret_fd = take_fd(&fd);
	return 0;
}
