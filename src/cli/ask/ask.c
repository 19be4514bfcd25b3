/*
 * ask.c - asking through sandbox-ask, which edits and completes; else by reading a plain line.
 */
#include "cli/ask/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/profile.h"

extern char **environ;

/* Runs sandbox-ask with stdout on fd and waits; *ret_status as of waitpid(2). */
static int run_helper(char *const *argv, int fd, int *ret_status)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	void (*interrupt)(int);
	sigset_t defaults;
	pid_t pid;
	int r;

	/* Ctrl-C is the helper's, which has a terminal to restore; as system(3) does. */
	interrupt = signal(SIGINT, SIG_IGN);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGINT);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigdefault(&attributes, &defaults);

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	r = posix_spawn(&pid, argv[0], &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	while (r == 0 && waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			r = errno;
	signal(SIGINT, interrupt);
	return -r;
}

/* The answer fits a pipe: a terminal's line is shorter than its 64 KiB. */
static int ask_helper(const char *helper, const char *prompt, const char *preset,
		      const struct strv *words, char **ret, struct err *e)
{
	cleanup_strv struct strv argv = {0};
	cleanup_close int out = -1, in = -1;
	cleanup_fclose FILE *f = NULL;
	cleanup_free char *line = NULL;
	size_t size = 0;
	int p[2], status, r;

	strv_push(&argv, helper);
	strv_push(&argv, prompt);
	strv_push(&argv, preset);
	for (size_t i = 0; i < words->n; i++)
		strv_push(&argv, words->v[i]);
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, errno, "cannot make a pipe");
	in = p[0];
	out = p[1];
	r = run_helper(argv.v, out, &status);
	if (r < 0)
		return err_sys(e, -r, "cannot run '%s'", helper);
	close_fd(&out);
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 1)
		return err_set(e, ECANCELED, "no answer given");
	if (WEXITSTATUS(status) != 0)
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
