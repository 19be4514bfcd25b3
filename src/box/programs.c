/*
 * programs.c - finding our own programs beside this one, installed or in the build tree.
 */
#include "box/programs.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"

static char *beside_self(const char *relative)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	return path_normalize(n > 0 ? self : "/", relative);
}

char *program_path(const char *name)
{
	cleanup_free char *relative = xasprintf("../../libexec/sandbox/%s", name);

	return beside_self(relative);
}

char *program_sandbox(void)
{
	return beside_self("../../../bin/sandbox");
}

int program_run(char *const *argv, int out, struct err *e)
{
	posix_spawn_file_actions_t actions;
	int status, r;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	r = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r)
		return err_sys(e, r, "cannot run '%s'", argv[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, errno, "cannot wait for '%s'", argv[0]);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_set(e, ERR_SAID, "'%s' failed", argv[0]);
}
