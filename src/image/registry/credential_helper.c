/*
 * credential_helper.c - running a credential helper: no shell, limited output, limited time.
 */
#include "image/registry/credential_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/spawn.h"
#include "image/document/json_read.h"

#define OUTPUT_MAX 65536
#define TIMEOUT_MS 30000

static bool name_ok(const char *name)
{
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789_.-")];
}

/*
 * Reads until the end, the size limit or the time limit. The helper's own exit ends it too: an
 * agent that it left running may hold the pipe open.
 */
static int read_output(int fd, int pidfd, struct buf *out, struct err *e)
{
	struct pollfd p[] = {{.fd = fd, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};
	long long end = clock_ms() + TIMEOUT_MS, left;
	char part[4096];
	ssize_t n;

	while ((left = end - clock_ms()) > 0) {
		if (poll(p, ARRAY_SIZE(p), (int)left) < 0 && errno != EINTR)
			return err_sys(e, errno, "cannot wait for its answer");
		if (!p[0].revents && p[1].revents)
			return 0;
		if (!p[0].revents)
			continue;
		n = read(fd, part, sizeof(part));
		if (n <= 0)
			return n < 0 ? err_sys(e, errno, "cannot read its answer") : 0;
		if (out->len + (size_t)n > OUTPUT_MAX)
			return err_set(e, EFBIG, "it says too much");
		buf_add(out, part, (size_t)n);
	}
	return err_set(e, ETIMEDOUT, "it has not answered in %d seconds", TIMEOUT_MS / 1000);
}

static int start_helper(const char *program, const char *verb, int in, int out, pid_t *ret,
			struct err *e)
{
	const char *argv[] = {program, verb, NULL};
	cleanup_free char *file = spawn_find(program);
	struct spawn s = {.program = file,
			  .argv = argv,
			  .fds = {in, out, SPAWN_SAME, SPAWN_SAME, SPAWN_SAME}};

	if (!file)
		return err_sys(e, ENOENT, "cannot run it");
	return spawn_start(&s, ret, e);
}

static int wait_for(pid_t pid, bool give_up, int *ret_status, struct err *e)
{
	int status;

	if (give_up)
		kill(pid, SIGKILL);
	status = spawn_wait(pid);
	if (status < 0)
		return err_sys(e, -status, "cannot wait for it");
	*ret_status = status;
	return 0;
}

static int talk(const char *program, const char *verb, const char *input, struct buf *out,
		int *ret_status, struct err *e)
{
	int in[2], answer[2], status = 0, r;
	pid_t pid;
	struct err ignored;

	if (pipe2(in, O_CLOEXEC) < 0)
		return err_sys(e, errno, "cannot make a pipe");
	if (pipe2(answer, O_CLOEXEC) < 0) {
		close(in[0]);
		close(in[1]);
		return err_sys(e, errno, "cannot make a pipe");
	}
	r = start_helper(program, verb, in[0], answer[1], &pid, e);
	close(in[0]);
	close(answer[1]);
	/* Short enough for the pipe; if it has already exited, its status tells. */
	if (r == 0)
		write_all(in[1], input, strlen(input));
	close(in[1]);
	if (r == 0) {
		cleanup_close int pidfd = proc_pidfd(pid); /* a negative one is never ready */

		r = read_output(answer[0], pidfd, out, e);
		if (wait_for(pid, r < 0, &status, r < 0 ? &ignored : e) < 0 && r == 0)
			r = -e->code;
	}
	close(answer[0]);
	if (r == 0)
		*ret_status = status;
	return r;
}

static int run(const char *helper, const char *verb, const char *input, struct buf *out,
	       int *ret_status, struct err *e)
{
	cleanup_free char *program = xasprintf("docker-credential-%s", helper);
	char quoted[200];
	int r;

	if (!name_ok(helper))
		return err_set(e, EINVAL, "'%s' is not the name of a credential helper",
			       err_quote(quoted, sizeof(quoted), helper));
	r = talk(program, verb, input, out, ret_status, e);
	return r < 0 ? err_add(e, "cannot use the credential helper '%s'", program) : 0;
}

int credential_helper_get(const char *helper, const char *server, char **ret_user,
			  char **ret_secret, struct err *e)
{
	cleanup_buf struct buf out = BUF_INIT;
	cleanup_json json_t *j = NULL;
	cleanup_free char *user = NULL;
	char *secret = NULL;
	char quoted[300];
	int status, r = run(helper, "get", server, &out, &status, e);

	/* "credentials not found in native keychain" is not a failure; a locked keychain is. */
	if (r == 0 && status && !out.len)
		r = err_set(e, EACCES, "the credential helper '%s' ends with status %d", helper,
			    status);
	else if (r == 0 && status && !strstr(out.data, "not found"))
		r = err_set(e, EACCES, "the credential helper '%s' gives nothing: %s", helper,
			    err_quote(quoted, sizeof(quoted), out.data));
	if (r < 0 || status)
		return r;
	r = json_read(out.data, out.len, "the credential helper's answer", &j, e);
	if (r == 0)
		r = json_get_text(j, "Username", &user, e);
	if (r == 0)
		r = json_get_text(j, "Secret", &secret, e);
	explicit_bzero(out.data, out.len);
	if (r < 0 || !secret)
		return r;
	if (!user) {
		explicit_bzero(secret, strlen(secret));
		free(secret);
		return 0;
	}
	*ret_user = take_ptr(user);
	*ret_secret = secret;
	return 1;
}

static int change(const char *helper, const char *verb, const char *input, struct err *e)
{
	cleanup_buf struct buf out = BUF_INIT;
	char quoted[300];
	int status, r = run(helper, verb, input, &out, &status, e);

	if (r < 0 || status == 0)
		return r;
	return err_set(e, EIO, "the credential helper '%s' refuses: %s", helper,
		       err_quote(quoted, sizeof(quoted), out.data));
}

int credential_helper_store(const char *helper, const char *server, const char *user,
			    const char *password, struct err *e)
{
	cleanup_json json_t *j = json_pack("{s:s, s:s, s:s}", "ServerURL", server, "Username", user,
					   "Secret", password);
	char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;
	int r = text ? change(helper, "store", text, e)
		     : err_set(e, EINVAL, "the user name or the password is not UTF-8");

	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	return r;
}

int credential_helper_erase(const char *helper, const char *server, struct err *e)
{
	return change(helper, "erase", server, e);
}
