/*
 * dotfiles.h - the user's own configuration files in the home of a new box.
 */
#ifndef BOX_DOTFILES_H
#define BOX_DOTFILES_H

#include "box/box.h"
#include "config/settings.h"

/*
 * Opens the folder of [sandbox] dotfiles, or leaves *ret_fd as it is where there is none. It must be the
 * user's own word, a part of the project, or what was granted (reach.h).
 */
int dotfiles_open(const struct settings *settings, const struct strv *granted, int *ret_fd,
		  struct err *e);

/*
 * Copies it, as far as every user may read it, into the home of a box that nobody has been in yet, an open
 * folder. Keys and other secrets are not public, and so stay where they are.
 */
int dotfiles_copy(int from, int home, struct err *e);

#endif
