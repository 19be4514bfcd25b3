/*
 * image_program.c - starting sandbox-image.
 */
#include "rootfs/image_program.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/programs.h"
#include "base/report.h"
#include "base/spawn.h"

/*
 * Starts it with its stdout on out, quiet if this process is. The options follow the command:
 * "pull", "image seal".
 */
static int start_program(const char *const *words, int out, pid_t *ret_pid, struct err *e)
{
	cleanup_free char *program = program_path("sandbox-image");
	cleanup_strv struct strv argv = {0};
	struct spawn s = {.program = program, .fds = SPAWN_ALL_SAME};
	const char *const *options = words + (streq(words[0], "image") ? 2 : 1);

	strv_push(&argv, program);
	for (; *words; words++) {
		if (words == options && report_is_quiet())
			strv_push(&argv, "--quiet");
		strv_push(&argv, *words);
	}
	s.argv = (const char *const *)argv.v;
	s.fds[1] = out;
	return spawn_start(&s, ret_pid, e);
}

static int wait_for(pid_t pid, int *ret_status, struct err *e)
{
	int status = spawn_wait(pid);

	if (status < 0)
		return err_sys(e, -status, "cannot wait for sandbox-image");
	*ret_status = status;
	return 0;
}

int image_program(const char *const *words, bool speaks, struct err *e)
{
	int status = 0, r;
	pid_t pid;

	r = start_program(words, speaks ? STDOUT_FILENO : SPAWN_NULL, &pid, e);
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
	r = start_program(words, write_end, &pid, e);
	if (r < 0)
		return r;
	close_fd(&write_end);
	while ((n = read(read_end, data, sizeof(data))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			buf_add(out, data, (size_t)n);
	return wait_for(pid, ret_status, e);
}
