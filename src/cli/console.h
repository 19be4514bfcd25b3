/*
 * console.h - the prompt of `sandbox console`, a part of sandbox-ask, which links readline.
 */
#ifndef CLI_CONSOLE_H
#define CLI_CONSOLE_H

/*
 * Reads lines until the end of the input or `exit`, and runs each as arguments of the program at
 * sandbox. history: a file, or "" for none. Returns the status of the last command.
 */
int console_run(const char *sandbox, const char *history);

#endif
