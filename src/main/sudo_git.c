/*
 * sudo_git.c - runs git, and adds a line if it fails.
 */
#include "main/sudo_git.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"

/* Commands that write a repository's data; git(1). */
static const char *const writers[] = {
	"add",	     "am",     "bisect",  "branch",	  "checkout",	"cherry-pick",
	"commit",    "config", "fetch",	  "gc",		  "init",	"maintenance",
	"merge",     "mv",     "notes",	  "pull",	  "rebase",	"remote",
	"repack",    "reset",  "restore", "revert",	  "rm",		"stash",
	"submodule", "switch", "tag",	  "update-index", "update-ref", "worktree",
};

/* The next program called git in PATH other than this one; NULL if there is none. */
static char *next_git(void)
{
	const char *p = getenv("PATH");
	struct stat self, st;

	if (!p || stat("/proc/self/exe", &self) < 0)
		return NULL;
	for (size_t len;; p += len + 1) {
		cleanup_free char *dir = NULL, *path = NULL;

		len = strcspn(p, ":");
		dir = len ? xstrndup(p, len) : xstrdup(".");
		path = path_join(dir, "git");
		if (access(path, X_OK) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		    (st.st_dev != self.st_dev || st.st_ino != self.st_ino))
			return take_ptr(path);
		if (!p[len])
			return NULL;
	}
}

/* The command after options of git itself; *ret_dir: the directory of -C. */
static const char *find_command(char **argv, char **ret_dir)
{
	static const char *const with_value[] = {"-c",		"--git-dir",	"--work-tree",
						 "--namespace", "--config-env", "--exec-path"};
	char **v = argv + 1;

	*ret_dir = getcwd(NULL, 0);
	for (; *v && **v == '-'; v++) {
		if (streq(*v, "-C") && v[1] && *ret_dir) {
			char *dir = path_normalize(*ret_dir, v[1]);

			free(*ret_dir);
			*ret_dir = dir;
			v++;
		}
		for (size_t i = 0; i < ARRAY_SIZE(with_value) && *v; i++)
			if (streq(*v, with_value[i]) && v[1])
				v++;
	}
	return *v;
}

static bool is_writer(const char *command)
{
	for (size_t i = 0; command && i < ARRAY_SIZE(writers); i++)
		if (streq(command, writers[i]))
			return true;
	return false;
}

/* Checks the .git at or above dir. */
static bool is_read_only(const char *dir)
{
	cleanup_free char *at = dir ? xstrdup(dir) : NULL;
	struct statvfs fs;

	while (at) {
		cleanup_free char *git = path_join(at, ".git");
		char *slash = strrchr(at, '/');

		if (statvfs(git, &fs) == 0)
			return fs.f_flag & ST_RDONLY;
		if (!slash || slash == at)
			return false;
		*slash = '\0';
	}
	return false;
}

/* Signals of the terminal are for git. */
static int run_git(const char *path, char **argv)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execv(path, argv);
		_exit(127);
	}
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			pid = -1;
	if (pid < 0)
		return 127;
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
		return 128 + WTERMSIG(status);
	}
	return WEXITSTATUS(status);
}

int git_stand_in(char **argv)
{
	cleanup_free char *path = next_git(), *dir = NULL;
	const char *command = find_command(argv, &dir);
	int status;

	if (!path) {
		fputs("git: not found\n", stderr);
		return 127;
	}
	if (!is_writer(command) || !is_read_only(dir)) {
		execv(path, argv);
		fprintf(stderr, "git: cannot run '%s': %s\n", path, strerror(errno));
		return 126;
	}
	status = run_git(path, argv);
	if (status != 0)
		fprintf(stderr,
			"sandbox: git's data is read-only in this box: 'git %s' works in 'sandbox "
			"try', from where 'sandbox apply' takes commits\n",
			command);
	return status;
}
