/*
 * console_words.h - a line of the console as words.
 */
#ifndef CLI_CONSOLE_WORDS_H
#define CLI_CONSOLE_WORDS_H

#define CONSOLE_MAX_WORDS 1024

/*
 * Splits a line in place, as sh(1) does with quotes and backslashes; nothing is expanded (a word that begins
 * with a bare tilde is noted in bare), and what a
 * shell would read as more than a word (| & ; < > ( ) $ ` outside of quotes) is refused. words, of
 * CONSOLE_MAX_WORDS as bare, ends with NULL and points into line. Returns how many there are, or -1 with what
 * is wrong in *ret_why. Links nothing of base/ (ask_main.c says why).
 */
int console_split(char *line, char **words, char *bare, const char **ret_why);

/*
 * For rl_completion_matches(3): the next of words (NULL-ended, or NULL) that begins with text, from the first
 * one on when state is 0; NULL when there are no more. The caller frees.
 */
char *console_match(char *const *words, const char *text, int state);

#endif
