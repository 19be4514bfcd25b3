/*
 * console_words.h - splits a line of the console into words.
 */
#ifndef CLI_CONSOLE_WORDS_H
#define CLI_CONSOLE_WORDS_H

#define CONSOLE_MAX_WORDS 1024

/*
 * Splits a line in place, handling quotes and backslashes as sh(1) does. Expands nothing (bare
 * marks words that begin with an unquoted tilde), and refuses what a shell would read as more than
 * a word (| & ; < > ( ) $ ` outside of quotes). words, of CONSOLE_MAX_WORDS like bare, ends with
 * NULL and points into line. Returns their number, or -1 with the reason in *why. Uses nothing
 * of base/ (ask_main.c says why).
 */
int console_split(char *line, char **words, char *bare, const char **why);

/*
 * For rl_completion_matches(3): the next of words (NULL-terminated, or NULL) that begins with text,
 * starting over if state is 0; NULL if there are no more. The caller frees it.
 */
char *console_match(char *const *words, const char *text, int state);

#endif
