/*
 * format.c - the format number of the store, and converting an older store.
 *
 * Promises that one process at a time converts a store, and that being killed at any point is
 * harmless: the number is written last, by one system call. Running boxes are not touched. A store
 * that is newer than this program is refused before anything in it is changed.
 */
#include "store/format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/forward.h"

#define PREFIX "format-"

/* The number in a file name, or 0. Nine digits fit every type. */
static unsigned int number_of(const char *name)
{
	const char *digits = name + strlen(PREFIX);
	size_t n;

	if (!starts_with(name, PREFIX) || *digits == '0')
		return 0;
	n = strspn(digits, "0123456789");
	return n > 0 && n <= 9 && !digits[n] ? (unsigned int)strtoul(digits, NULL, 10) : 0;
}

static int read_number(int data_fd, const char *path, unsigned int *ret, struct err *e)
{
	cleanup_dir struct dir d = {0};
	unsigned int found = 1;
	int r = dir_open(&d, data_fd, ".", e);

	while (r >= 0 && (r = dir_next(&d, e)) > 0) {
		unsigned int n = number_of(d.name);

		if (n > found)
			found = n;
	}
	if (r < 0)
		return err_add(e, "cannot tell the format of the store '%s'", path);
	*ret = found;
	return 0;
}

static int read_known(int data_fd, const char *path, unsigned int *ret, struct err *e)
{
	unsigned int found = 0;
	int r = read_number(data_fd, path, &found, e);

	if (r < 0)
		return r;
	if (found > STORE_FORMAT)
		return err_set(e, EPROTO,
			       "the store '%s' has format %u, and this sandbox knows only up to "
			       "%u: use the newer sandbox that wrote it",
			       path, found, STORE_FORMAT);
	*ret = found;
	return 0;
}

int store_format_check(int data_fd, const char *path, struct err *e)
{
	unsigned int found = 1;

	return read_known(data_fd, path, &found, e);
}

/* Renames the file of the number before, or makes the first one. */
static int write_number(int data_fd, const char *path, unsigned int found, struct err *e)
{
	cleanup_free char *old = xasprintf(PREFIX "%u", found);
	cleanup_close int fd = -1;

	if (renameat(data_fd, old, data_fd, STORE_FORMAT_FILE) == 0)
		return 0;
	if (errno == ENOENT)
		fd = openat(data_fd, STORE_FORMAT_FILE, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
			    0600);
	if (fd < 0)
		return err_sys(e, errno, "cannot make '%s/" STORE_FORMAT_FILE "'", path);
	return 0;
}

static bool is_no_room(int r)
{
	return r == -ENOSPC || r == -EDQUOT || r == -EROFS;
}

int store_format_settle(int data_fd, const char *path, struct err *e)
{
	/*
	 * Tried once a process: later it may hold the lease exclusively, and would wait for
	 * itself.
	 */
	static bool stays;
	cleanup_close int lock = -1, lease = -1;
	unsigned int found = 1;
	int r;

	if (stays || faccessat(data_fd, STORE_FORMAT_FILE, F_OK, 0) == 0)
		return 0;
	lock = openat(data_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0)
		return err_sys(e, errno, "cannot open the data directory '%s'", path);
	r = file_lock(lock, path, e);
	if (r == 0)
		r = read_known(lock, path, &found, e);
	if (r < 0 || found == STORE_FORMAT)
		return r;
	r = store_forward(lock, path, &lease, e);
	if (r == 0)
		r = write_number(lock, path, found, e);
	/*
	 * On a full disk `sandbox rm` must still make room, and a read-only store must stay
	 * readable: the store is then used as it is, and the next command tries again.
	 */
	stays = is_no_room(r);
	return stays ? 0 : r;
}
