/*
 * profile.c - finding profiles by name, and listing them.
 *
 * Owns the search path. Reads only the first line of a profile; load_files.c reads the rest.
 */
#include "config/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/proc.h"
#include "config/value.h"
#include "config/xdg.h"

char *profile_data_dir(void)
{
	const char *self = proc_self();

	return self ? path_normalize(self, "../../share/sandbox") : NULL;
}

/* The directories to search, the user's first. Either may be NULL. */
static void search_dirs(char *ret[2])
{
	cleanup_free char *config = xdg_config_dir();
	cleanup_free char *data = profile_data_dir();

	ret[0] = path_join(config, "profiles");
	ret[1] = data ? path_join(data, "profiles") : NULL;
}

static int not_found(const char *name, struct err *e)
{
	struct profile *v = NULL;
	const char **names;
	const char *near;
	size_t n = 0;

	if (profile_list(&v, &n, e) < 0)
		return -e->code;
	names = xcalloc(n + 1, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = v[i].name;
	near = nearest_word(name, names);
	if (near)
		err_set(e, ERR_USAGE, "there is no profile '%s', did you mean '%s'?", name, near);
	else
		err_set(e, ERR_USAGE, "there is no profile '%s': see 'sandbox profile ls'", name);
	free(names);
	profile_list_free(v, n);
	return -ERR_USAGE;
}

int profile_find(const char *name, const char *dir, const char *from, char **ret, bool *ret_system,
		 struct err *e)
{
	cleanup_free char *user_dir = NULL, *system_dir = NULL;
	char *dirs[2];

	if (starts_with(name, "~/")) {
		cleanup_free char *home = xdg_home();

		*ret = path_normalize(home, name + 2);
		*ret_system = false;
		return 0;
	}
	if (strchr(name, '/')) {
		*ret = path_normalize(dir, name);
		*ret_system = false;
		return 0;
	}
	if (!value_name(name))
		return err_set(e, ERR_USAGE,
			       "bad profile name '%.80s': a file needs a '/', as in './%.80s'",
			       name, name);
	search_dirs(dirs);
	user_dir = dirs[0];
	system_dir = dirs[1];
	for (size_t i = 0; i < ARRAY_SIZE(dirs) && dirs[i]; i++) {
		cleanup_free char *path = xasprintf("%s/%s.ini", dirs[i], name);

		if (from && streq(path, from))
			continue;
		if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		*ret = take_ptr(path);
		*ret_system = i == 1;
		return 0;
	}
	return not_found(name, e);
}

/* The text of the first line if it is a comment, else "". */
static char *read_description(int dirfd, const char *file)
{
	cleanup_close int fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char line[200], *text = line;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return xstrdup("");
	n = read(fd, line, sizeof(line) - 1);
	if (n <= 0 || (*line != ';' && *line != '#'))
		return xstrdup("");
	line[n] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	text += strspn(text, ";# \t");
	return xstrdup(text);
}

static bool listed(const struct profile *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(v[i].name, name))
			return true;
	return false;
}

/* Adds the profiles of one directory; a missing directory has none. */
static int list_dir(const char *path, bool system, struct profile **v, size_t *n, struct err *e)
{
	cleanup_dir struct dir dir = {0};
	int r = dir_open(&dir, AT_FDCWD, path, e);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	while ((r = dir_next(&dir, e)) > 0) {
		cleanup_free char *name = xstrdup(dir.name);

		if (!ends_with(name, ".ini"))
			continue;
		name[strlen(name) - strlen(".ini")] = '\0';
		if (!value_name(name) || listed(*v, *n, name))
			continue;
		*v = xrealloc(*v, *n + 1, sizeof(**v));
		(*v)[(*n)++] = (struct profile){
			.path = path_join(path, dir.name),
			.description = read_description(dir_fd(&dir), dir.name),
			.system = system,
			.name = take_ptr(name),
		};
	}
	return r;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct profile *)a)->name, ((const struct profile *)b)->name);
}

int profile_list(struct profile **ret, size_t *ret_n, struct err *e)
{
	cleanup_free char *user_dir = NULL, *system_dir = NULL;
	struct profile *v = NULL;
	char *dirs[2];
	size_t n = 0;

	search_dirs(dirs);
	user_dir = dirs[0];
	system_dir = dirs[1];
	for (size_t i = 0; i < ARRAY_SIZE(dirs) && dirs[i]; i++) {
		int r = list_dir(dirs[i], i == 1, &v, &n, e);

		if (r < 0) {
			profile_list_free(v, n);
			return r;
		}
	}
	if (n)
		qsort(v, n, sizeof(*v), compare_names);
	*ret = v;
	*ret_n = n;
	return 0;
}

void profile_list_free(struct profile *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].name);
		free(v[i].path);
		free(v[i].description);
	}
	free(v);
}
