/*
 * bounds.c - limits on what counts per user on the whole machine.
 *
 * A box can use at most half, so that no single box starves the other boxes and the desktop. The
 * limits hold in the box's user namespace and in those nested in it; raising one takes
 * CAP_SYS_RESOURCE, which root in the box lacks.
 */
#include "launch/bounds.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"

/*
 * namespaces(7), inotify(7). The second file is opened in the box's own /proc: in the host's, the
 * kernel would search the entries of all running boxes, which have the same name.
 */
static const struct {
	const char *everywhere, *in_box;
} shared[] = {
	{"/proc/sys/fs/inotify/max_user_instances", "proc/sys/user/max_inotify_instances"},
	{"/proc/sys/fs/inotify/max_user_watches", "proc/sys/user/max_inotify_watches"},
};

/* Files of /proc/sys are read and written in one call each. */
static long read_number(const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[32];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return -1;
	text[n] = '\0';
	return strtol(text, NULL, 10);
}

void bounds_set(int rootfd)
{
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++) {
		long number = read_number(shared[i].everywhere);
		cleanup_close int fd = number <= 1 ? -1
						   : openat(rootfd, shared[i].in_box,
							    O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
		char text[32];

		if (fd >= 0)
			(void)!write(fd, text,
				     (size_t)snprintf(text, sizeof(text), "%ld", number / 2));
	}
}
