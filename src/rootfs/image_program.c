/*
 * image_program.c - starting sandbox-image.
 */
#include "rootfs/image_program.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "rootfs/programs.h"

static int wait_for(pid_t pid, int *ret_status, struct err *e)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, errno, "cannot wait for sandbox-image");
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

/* Starts it with its stdout on out. */
static int start(const char *const *words, int out, pid_t *ret_pid, struct err *e)
{
	cleanup_free char *program = program_path("sandbox-image");
	cleanup_strv struct strv argv = {0};
	posix_spawn_file_actions_t actions;
	int r;

	strv_push(&argv, program);
	for (; *words; words++)
		strv_push(&argv, *words);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	r = posix_spawn(ret_pid, program, &actions, NULL, argv.v, environ);
	posix_spawn_file_actions_destroy(&actions);
	return r ? err_sys(e, r, "cannot run '%s'", program) : 0;
}

int image_program(const char *const *words, bool speaks, struct err *e)
{
	int status, r;
	pid_t pid;

	r = start(words, speaks ? STDOUT_FILENO : STDERR_FILENO, &pid, e);
	if (r == 0)
		r = wait_for(pid, &status, e);
	if (r == 0 && status != 0)
		return err_set(e, ERR_SAID, "sandbox-image failed");
	return r;
}

int image_program_read(const char *const *words, struct buf *out, int *ret_status, struct err *e)
{
	cleanup_close int read_end = -1, write_end = -1;
	char data[256];
	int p[2], r;
	ssize_t n;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, errno, "cannot make a pipe");
	read_end = p[0];
	write_end = p[1];
	r = start(words, write_end, &pid, e);
	if (r < 0)
		return r;
	close_fd(&write_end);
	while ((n = read(read_end, data, sizeof(data))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			buf_add(out, data, (size_t)n);
	return wait_for(pid, ret_status, e);
}
