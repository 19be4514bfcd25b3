/*
 * ask_main.c - sandbox-ask PROMPT DEFAULT [WORD...]: asks for one line on the terminal.
 *
 * A separate program, so that readline is never loaded on the way to a box. It reads and writes
 * /dev/tty, completes the given words, keeps no history, and prints the answer on stdout; an empty
 * answer is the default. It links no object of base/: readline has its own xrealloc() and would
 * call ours instead.
 *
 * sandbox-ask --console SANDBOX HISTORY is the prompt of `sandbox console` (console.c).
 *
 * Exit status: 0 with an answer, 1 at the end of the input, 125 without a terminal; Ctrl-C kills it
 * like any program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

#include "base/cleanup.h"
#include "cli/console.h"
#include "cli/console_words.h"

static char **words;

static char *next_word(const char *text, int state)
{
	return console_match(words, text, state);
}

/* Without words there is nothing to complete, but readline would offer files. */
static char **complete(const char *text, int start, int end)
{
	(void)start;
	(void)end;
	rl_attempted_completion_over = 1;
	rl_completion_append_character = '\0';
	return rl_completion_matches(text, next_word);
}

int main(int argc, char **argv)
{
	cleanup_fclose FILE *in = NULL, *out = NULL;
	cleanup_free char *prompt = NULL, *line = NULL;

	if (argc == 4 && strcmp(argv[1], "--console") == 0)
		return console_run(argv[2], argv[3]);
	if (argc < 3) {
		fputs("usage: sandbox-ask PROMPT DEFAULT [WORD...]\n", stderr);
		return 125;
	}
	in = fopen("/dev/tty", "re");
	out = fopen("/dev/tty", "we");
	if (!in || !out) {
		perror("sandbox-ask: /dev/tty");
		return 125;
	}
	words = argv + 3;
	rl_readline_name = "sandbox";
	rl_instream = in;
	rl_outstream = out;
	rl_attempted_completion_function = complete;
	rl_completer_word_break_characters = " \t,";
	if (asprintf(&prompt, "%s%s%s%s: ", argv[1], argv[2][0] ? " [" : "", argv[2],
		     argv[2][0] ? "]" : "") < 0)
		return 125;
	line = readline(prompt);
	if (!line)
		return 1;
	return puts(line[0] ? line : argv[2]) < 0 || fflush(stdout) != 0 ? 125 : 0;
}
