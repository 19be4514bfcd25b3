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

static const char *const shells[] = {"bash", "zsh", "fish", NULL};
static const char *const scripts[] = {completion_bash, completion_zsh, completion_fish};

static int run(const struct args *args, int *ret_status, struct err *e)
{
	(void)ret_status;
	(void)e;
	for (size_t i = 0; shells[i]; i++)
		if (streq(args->v[0], shells[i]))
			fputs(scripts[i], stdout);
	return 0;
}

const struct command cmd_completion = {
	.name = "completion",
	.summary = "print the completion file of a shell",
	.usage = "bash|zsh|fish",
	.min_words = 1,
	.max_words = 1,
	.words = {WORD_CHOICE},
	.choices = shells,
	.run = run,
};
