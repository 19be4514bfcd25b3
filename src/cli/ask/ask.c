/*
 * ask.c - asks through sandbox-ask, which edits and completes, or reads a plain line.
 */
#include "cli/ask/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/spawn.h"
#include "config/profile.h"

/* Runs sandbox-ask with stdout on fd; returns as spawn_wait() does. */
static int run_helper(const char *const *argv, int fd, struct err *e)
{
	struct spawn s = {
		.program = argv[0], .argv = argv, .fds = SPAWN_ALL_SAME, .interruptible = true};
	/* Ctrl-C is for the helper, which has a terminal to restore; as in system(3). */
	void (*interrupt)(int) = signal(SIGINT, SIG_IGN);
	pid_t pid;
	int r;

	s.fds[1] = fd;
	r = spawn_start(&s, &pid, e);
	if (r == 0 && (r = spawn_wait(pid)) < 0)
		r = err_sys(e, -r, "cannot wait for '%s'", argv[0]);
	signal(SIGINT, interrupt);
	return r;
}

/* The answer fits into a pipe: a line of a terminal is shorter than its 64 KiB. */
static int ask_helper(const char *helper, const char *prompt, const char *preset,
		      const struct strv *words, char **ret, struct err *e)
{
	cleanup_strv struct strv argv = {0};
	cleanup_close int out = -1, in = -1;
	cleanup_fclose FILE *f = NULL;
	cleanup_free char *line = NULL;
	size_t size = 0;
	int p[2], r;

	strv_push(&argv, helper);
	strv_push(&argv, prompt);
	strv_push(&argv, preset);
	for (size_t i = 0; i < words->n; i++)
		strv_push(&argv, words->v[i]);
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, errno, "cannot make a pipe");
	in = p[0];
	out = p[1];
	r = run_helper((const char *const *)argv.v, out, e);
	if (r < 0)
		return r;
	close_fd(&out);
	if (r == 1 || r > 128)
		return err_set(e, ECANCELED, "no answer given");
	if (r != 0)
		return err_set(e, EIO, "cannot ask on the terminal");
	f = fdopen(in, "r");
	if (!f)
		return err_sys(e, errno, "cannot read the answer");
	take_fd(&in);
	if (getline(&line, &size, f) < 0)
		return err_set(e, ECANCELED, "no answer given");
	line[strcspn(line, "\n")] = '\0';
	*ret = take_ptr(line);
	return 0;
}

static int ask_plain(const char *prompt, const char *preset, char **ret, struct err *e)
{
	cleanup_fclose FILE *tty = fopen("/dev/tty", "r+e");
	cleanup_free char *line = NULL;
	size_t size = 0;

	if (!tty)
		return err_sys(e, errno, "cannot open /dev/tty");
	fprintf(tty, "%s [%s]: ", prompt, preset);
	fflush(tty);
	if (getline(&line, &size, tty) < 0)
		return err_set(e, ECANCELED, "no answer given");
	line[strcspn(line, "\n")] = '\0';
	*ret = line[0] ? take_ptr(line) : xstrdup(preset);
	return 0;
}

int ask_line(const char *prompt, const char *preset, const struct strv *words, char **ret,
	     struct err *e)
{
	cleanup_free char *share = profile_data_dir(), *helper = NULL;

	if (share)
		helper = path_normalize(share, "../../libexec/sandbox/sandbox-ask");
	if (helper && access(helper, X_OK) == 0)
		return ask_helper(helper, prompt, preset, words, ret, e);
	return ask_plain(prompt, preset, ret, e);
}

int ask_yes(const char *question, bool *ret_yes, struct err *e)
{
	cleanup_free char *prompt = xasprintf("%s yes or no", question);
	cleanup_strv struct strv words = {0};

	strv_push(&words, "yes");
	strv_push(&words, "no");
	for (;;) {
		cleanup_free char *answer = NULL;
		int r = ask_line(prompt, "no", &words, &answer, e);

		if (r < 0 || !answer)
			return r;
		*ret_yes = streq(answer, "yes") || streq(answer, "y");
		if (*ret_yes || streq(answer, "no") || streq(answer, "n"))
			return 0;
	}
}
