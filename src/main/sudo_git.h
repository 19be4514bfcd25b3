/*
 * sudo_git.h - the first `git` in PATH of a box whose git data is read-only.
 */
#ifndef MAIN_SUDO_GIT_H
#define MAIN_SUDO_GIT_H

/*
 * Runs the next git in PATH with the same arguments. If a command that writes fails on read-only
 * data, prints a line that says where it works. Returns its exit status, or not at all.
 */
int git_stand_in(char **argv);

#endif
