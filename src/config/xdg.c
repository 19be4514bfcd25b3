/*
 * xdg.c - the user's directories.
 *
 * Owns their names. Refuses a runtime directory that someone else could have made: control sockets
 * are in it.
 */
#include "config/xdg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/proc.h"

/* The value of a variable if it is an absolute path, else NULL. */
static const char *absolute_env(const char *name)
{
	const char *value = getenv(name);

	return value && *value == '/' ? value : NULL;
}

char *xdg_home(void)
{
	const char *home = absolute_env("HOME");
	cleanup_user struct user user = {0};

	if (home)
		return xstrdup(home);
	user_self(&user);
	return xstrdup(user.home);
}

static char *own_dir(const char *variable, const char *below_home)
{
	const char *dir = absolute_env(variable);
	cleanup_free char *home = NULL;

	if (dir)
		return path_join(dir, "sandbox");
	home = xdg_home();
	return path_join(home, below_home);
}

char *xdg_data_dir(void)
{
	return own_dir("XDG_DATA_HOME", ".local/share/sandbox");
}

char *xdg_config_dir(void)
{
	return own_dir("XDG_CONFIG_HOME", ".config/sandbox");
}

int xdg_check_data(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "cannot look at the data directory '%s'", path);
	if (st.st_uid != geteuid())
		return err_set(
			e, EPERM,
			"the data directory '%s' belongs to uid %u: set XDG_DATA_HOME to one of "
			"your own",
			path, st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(
			e, EPERM,
			"others can write to the data directory '%s' (mode %04o): chmod it to 0700",
			path, st.st_mode & 07777);
	return 0;
}

int xdg_private_dir(const char *path, struct err *e)
{
	bool made = mkdir(path, 0700) == 0;
	cleanup_close int fd = -1;
	struct stat st;

	if (!made && errno != EEXIST)
		return err_sys(e, errno, "cannot make '%s'", path);
	fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return err_set(e, ENOTDIR, "'%s' is a symlink or not a directory: remove it", path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, errno, "cannot open '%s'", path);
	if (st.st_uid != geteuid())
		return err_set(e, EPERM,
			       "'%s' belongs to uid %u, not to you: have it removed, or set "
			       "XDG_RUNTIME_DIR to a directory of your own",
			       path, (unsigned int)st.st_uid);
	if ((st.st_mode & 07777) != 0700)
		return err_set(e, EPERM, "'%s' has mode %04o, not 0700: chmod or remove it", path,
			       st.st_mode & 07777);
	return 0;
}

/* The directory exists and is the caller's. After su(1) the variable names another user's. */
static int is_own_dir(const char *path, bool *ret, struct err *e)
{
	struct stat st;
	int r = stat(path, &st) < 0 ? -errno : 0;

	/* A command that used another one now and then would not find the boxes that run. */
	if (r < 0 && r != -ENOENT && r != -ENOTDIR && r != -EACCES && r != -ELOOP)
		return err_sys(e, -r, "cannot look at the runtime directory '%s'", path);
	*ret = r == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
	return 0;
}

int xdg_runtime_dir(char **ret, struct err *e)
{
	const char *base = absolute_env("XDG_RUNTIME_DIR");
	cleanup_free char *dir = NULL;
	bool own = false;
	int r = base ? is_own_dir(base, &own, e) : 0;

	if (r < 0)
		return r;
	if (own)
		dir = path_join(base, "sandbox");
	else
		dir = xasprintf("/tmp/sandbox-%u", (unsigned int)geteuid());
	r = xdg_private_dir(dir, e);
	if (r < 0)
		return r;
	*ret = take_ptr(dir);
	return 0;
}
