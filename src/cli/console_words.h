/*
 * console_words.h - the words of a line of the console.
 */
#ifndef CLI_CONSOLE_WORDS_H
#define CLI_CONSOLE_WORDS_H

#define CONSOLE_MAX_WORDS 1024 /* of a line */

/*
 * For rl_completion_matches(3): the next of words (NULL-terminated, or NULL) that begins with text,
 * starting over if state is 0; NULL if there are no more. The caller frees it.
 */
char *console_match(char *const *words, const char *text, int state);

#endif
