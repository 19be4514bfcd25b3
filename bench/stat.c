/*
 * stat.c - the least that a build can do with its context: one status of each file, once.
 *
 *	stat DIR
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static void look(int above, const char *name)
{
	int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	struct stat st;

	if (!d)
		err(1, "%s", name);
	while ((entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			err(1, "%s", entry->d_name);
		if (S_ISDIR(st.st_mode))
			look(fd, entry->d_name);
	}
	closedir(d);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "usage: stat DIR");
	look(AT_FDCWD, argv[1]);
	return 0;
}
