/*
 * image_program.c - starting sandbox-image.
 */
#include "box/image_program.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "box/programs.h"

static int wait_for(pid_t pid, int *ret_status, struct err *e)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, errno, "cannot wait for sandbox-image");
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

int image_program_status(const char *const *words, bool speaks, int *ret_status, struct err *e)
{
	cleanup_free char *program = program_path("sandbox-image");
	cleanup_strv struct strv argv = {0};
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int r;

	strv_push(&argv, program);
	for (; *words; words++)
		strv_push(&argv, *words);
	posix_spawn_file_actions_init(&actions);
	if (!speaks)
		posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	r = posix_spawn(&pid, program, &actions, NULL, argv.v, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r)
		return err_sys(e, r, "cannot run '%s'", program);
	return wait_for(pid, ret_status, e);
}

int image_program(const char *const *words, bool speaks, struct err *e)
{
	int status, r = image_program_status(words, speaks, &status, e);

	if (r == 0 && status != 0)
		return err_set(e, ERR_SAID, "sandbox-image failed");
	return r;
}
