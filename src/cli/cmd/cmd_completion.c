/*
 * cmd_completion.c - `sandbox completion SHELL`: prints the completion file of a shell.
 *
 * The files of completions/ are embedded, so that `source <(sandbox completion bash)` works
 * wherever the program is.
 */
#include <stdio.h>

#include "cli/commands.h"

/* Embeds a file, named from the top of the source, into the program as a string. */
#define EMBED(symbol, path)                                                          \
	__asm__(".pushsection .rodata." #symbol ", \"a\", @progbits\n" #symbol ":\n" \
		".incbin \"" path "\"\n"                                             \
		".byte 0\n"                                                          \
		".popsection\n");                                                    \
	extern const char symbol[] __attribute__((visibility("hidden")))

EMBED(completion_bash, "completions/sandbox.bash");
EMBED(completion_zsh, "completions/_sandbox");
EMBED(completion_fish, "completions/sandbox.fish");

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const char *shell = args->v[0];

	(void)ret_status;
	(void)e;
	fputs(streq(shell, "bash")  ? completion_bash
	      : streq(shell, "zsh") ? completion_zsh
				    : completion_fish,
	      stdout);
	return 0;
}

const struct command cmd_completion = {
	.name = "completion",
	.summary = "print the completion file of a shell",
	.usage = "bash|zsh|fish",
	.min_words = 1,
	.max_words = 1,
	.words = {WORD_CHOICE},
	.choices = "bash zsh fish",
	.run = run,
};
