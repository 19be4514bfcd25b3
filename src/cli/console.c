/*
 * console.c - lines with history and completion, each a command of sandbox in a process of its own.
 *
 * Completion asks `sandbox __complete`, as the completions of shells do.
 */
#include "cli/console.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>
#include <readline/tilde.h>

#include "base/cleanup.h"
#include "base/word_split.h"
#include "cli/console_words.h"

#define HISTORY_LINES 1000

extern char **environ;

static const char *program;
static char **candidates; /* for the word being completed, NULL-terminated */

/* Starts the program with words after `first` (or NULL); stdout on fd unless -1. */
static pid_t start_program(const char *first, char **words, size_t n, int fd)
{
	char *argv[CONSOLE_MAX_WORDS + 3];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	size_t used = 0;
	pid_t pid = -1;
	int r;

	argv[used++] = (char *)program;
	if (first)
		argv[used++] = (char *)first;
	for (size_t i = 0; i < n; i++)
		argv[used++] = words[i];
	argv[used] = NULL;
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGINT);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawn_file_actions_init(&actions);
	if (fd >= 0) {
		posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
		posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	}
	r = posix_spawn(&pid, program, &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (r) {
		fprintf(stderr, "sandbox: cannot run '%s': %s\n", program, strerror(r));
		return -1;
	}
	return pid;
}

static int wait_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Ctrl-C is for the command, which may be a session with a terminal to restore. */
static int run_words(char **words, size_t n)
{
	void (*interrupt)(int) = signal(SIGINT, SIG_IGN);
	pid_t pid = start_program(NULL, words, n, -1);
	int status = pid < 0 ? 125 : wait_status(pid);

	signal(SIGINT, interrupt);
	return status;
}

static void free_candidates(void)
{
	for (char **c = candidates; c && *c; c++)
		free(*c);
	free(candidates);
	candidates = NULL;
}

static void add_candidate(size_t n, const char *line)
{
	char **grown = realloc(candidates, (n + 2) * sizeof(char *));

	if (!grown)
		return;
	candidates = grown;
	candidates[n] = strndup(line, strcspn(line, "\t\n"));
	candidates[n + 1] = NULL;
}

/*
 * Reads the answer of __complete: `kind<TAB>prefix`, then a candidate a line. readline completes
 * files.
 */
static void read_candidates(FILE *f, int *ret_files)
{
	cleanup_free char *line = NULL;
	size_t size = 0, n = 0;

	if (getline(&line, &size, f) <= 0)
		return;
	*ret_files = strncmp(line, "files", 5) == 0 || strncmp(line, "dirs", 4) == 0;
	while (getline(&line, &size, f) > 0)
		add_candidate(n++, line);
}

static void ask_candidates(char **words, size_t n, int *ret_files)
{
	cleanup_fclose FILE *f = NULL;
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return;
	pid = start_program("__complete", words, n, p[1]);
	close(p[1]);
	f = fdopen(p[0], "r");
	if (f)
		read_candidates(f, ret_files);
	if (pid > 0)
		wait_status(pid);
}

static char *next_candidate(const char *text, int state)
{
	return console_match(candidates, text, state);
}

static char **complete(const char *text, int begin, int end)
{
	char *words[CONSOLE_MAX_WORDS + 1], bare[CONSOLE_MAX_WORDS];
	char *before = strndup(rl_line_buffer, (size_t)begin);
	const char *why;
	int files = 0, n = before ? word_split(before, words, CONSOLE_MAX_WORDS, bare, &why) : -1;

	(void)end;
	free_candidates();
	if (n >= 0) {
		words[n] = (char *)text;
		ask_candidates(words, (size_t)n + 1, &files);
	}
	free(before);
	rl_attempted_completion_over = !files;
	return rl_completion_matches(text, next_candidate);
}

static int change_folder(const char *dir)
{
	if (chdir(dir) == 0)
		return 0;
	fprintf(stderr, "sandbox: cannot enter '%s': %s\n", dir, strerror(errno));
	return 125;
}

static int run_split(char **v, size_t n, int *ret_end)
{
	if (n && strcmp(v[0], "sandbox") == 0) {
		v++;
		n--;
	}
	if (!n)
		return 0;
	if (strcmp(v[0], "exit") == 0 || strcmp(v[0], "quit") == 0) {
		*ret_end = 1;
		return 0;
	}
	if (strcmp(v[0], "cd") == 0)
		return change_folder(v[1] ? v[1] : getenv("HOME") ? getenv("HOME") : "/");
	return run_words(v, n);
}

/* Sets *ret_end for exit. `cd` is built in, because the directory determines the project. */
static int run_line(char *line, int *ret_end)
{
	char *words[CONSOLE_MAX_WORDS], *homes[CONSOLE_MAX_WORDS], bare[CONSOLE_MAX_WORDS];
	const char *why;
	int n = word_split(line, words, CONSOLE_MAX_WORDS, bare, &why), n_homes = 0, status;

	if (n < 0) {
		fprintf(stderr, "sandbox: %s\n", why);
		return 125;
	}
	for (int i = 0; i < n; i++)
		if (bare[i])
			words[i] = homes[n_homes++] = tilde_expand_word(words[i]);
	status = run_split(words, (size_t)n, ret_end);
	while (n_homes)
		free(homes[--n_homes]);
	return status;
}

static sigjmp_buf at_prompt;

/* readline(3) has restored the terminal before it passes a signal on to us. */
static void leave_line(int sig)
{
	(void)sig;
	siglongjmp(at_prompt, 1);
}

/* Ctrl-C cancels the line, not the console. */
static char *edit_line(void)
{
	void (*old)(int);
	char *line;

	if (sigsetjmp(at_prompt, 1) != 0)
		putchar('\n');
	old = signal(SIGINT, leave_line);
	line = readline("sandbox> ");
	signal(SIGINT, old == leave_line ? SIG_DFL : old);
	return line;
}

/* With editing from a terminal, else plain lines; the caller frees it. NULL at the end. */
static char *read_line(int terminal)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	if (terminal)
		return edit_line();
	n = getline(&line, &size, stdin);
	if (n < 0) {
		free(line);
		return NULL;
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
}

int console_run(const char *sandbox, const char *history)
{
	int terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO), end = 0, status = 0;

	program = sandbox;
	rl_readline_name = "sandbox";
	rl_attempted_completion_function = complete;
	rl_completer_word_break_characters = " \t\n";
	stifle_history(HISTORY_LINES);
	if (terminal && *history)
		read_history(history);
	while (!end) {
		char *line = read_line(terminal);

		if (!line)
			break;
		if (terminal && *line)
			add_history(line);
		status = run_line(line, &end);
		free(line);
	}
	if (terminal && !end)
		putchar('\n');
	if (terminal && *history)
		write_history(history);
	free_candidates();
	return status;
}
