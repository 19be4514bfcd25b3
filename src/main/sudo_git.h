/*
 * sudo_git.h - what is called git first in a box whose git data is read-only.
 */
#ifndef MAIN_SUDO_GIT_H
#define MAIN_SUDO_GIT_H

/*
 * Runs the git that comes next in PATH with these arguments, as it is. Where one that writes has failed upon
 * data that is read-only, a line says where it works. Returns its exit status, or not at all.
 */
int git_stand_in(char **argv);

#endif
