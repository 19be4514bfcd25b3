/*
 * dotfiles.h - the user's own configuration files in the home of a new box.
 */
#ifndef GRANT_DOTFILES_H
#define GRANT_DOTFILES_H

#include "box/box.h"
#include "config/settings.h"

/*
 * Opens the directory of [sandbox] dotfiles, or leaves *ret_fd as it is where there is none. It must be the
 * user's own word, a part of the project, or what was granted (reach.h).
 */
int dotfiles_open(const struct settings *settings, const struct strv *granted, int *ret_fd,
		  struct err *e);

#endif
