/*
 * marked.c - lists the processes of sandbox that a test has started.
 *
 *	marked NUMBER
 *
 * A process of ours (sandbox, sandbox-gateway) with this oom_score_adj, which every process inherits
 * from the test, is printed by its pid, a line each. A zombie holds nothing any more; it waits for this
 * machine's init.
 *
 * Exit status: 0 if there is none, 1 if there are some, 2 for an error.
 *
 * Each test asks at its end, and grep takes longer to read a number of each process of the machine.
 */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int proc;

/* Reads a file of a process, which may end meanwhile: then the text is empty. */
static void read_of(const char *pid, const char *file, char *text, size_t size)
{
	char path[300];

	snprintf(path, sizeof path, "%s/%s", pid, file);
	int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);

	text[n < 0 ? 0 : n] = '\0';
	if (fd >= 0)
		close(fd);
}

/* "PID (NAME) STATE ...", where the name may hold anything. */
static bool is_ours(const char *pid)
{
	char text[256];

	read_of(pid, "stat", text, sizeof text);
	char *name = strchr(text, '('), *end = strrchr(text, ')');

	if (!name || !end || !end[1] || !end[2])
		return false;
	*end = '\0';
	return (!strcmp(name + 1, "sandbox") || !strcmp(name + 1, "sandbox-gateway")) &&
	       !strchr("ZX", end[2]);
}

int main(int argc, char **argv)
{
	bool found = false;
	char text[32], *end;

	if (argc != 2)
		errx(2, "usage: marked NUMBER");
	long wanted = strtol(argv[1], &end, 10);

	if (end == argv[1] || *end)
		errx(2, "'%s' is not a number", argv[1]);
	DIR *dir = opendir("/proc");

	if (!dir)
		err(2, "cannot open /proc");
	proc = dirfd(dir);
	errno = 0;
	for (struct dirent *entry; (entry = readdir(dir)); errno = 0) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		read_of(entry->d_name, "oom_score_adj", text, sizeof text);
		if (text[0] && strtol(text, NULL, 10) == wanted && is_ours(entry->d_name)) {
			puts(entry->d_name);
			found = true;
		}
	}
	if (errno)
		err(2, "cannot read /proc");
	closedir(dir);
	return found;
}
