/*
 * dotfiles.h - the user's own configuration files in the home of a new box.
 */
#ifndef GRANT_DOTFILES_H
#define GRANT_DOTFILES_H

#include "box/box.h"
#include "config/settings.h"

/*
 * Opens the directory of [sandbox] dotfiles; leaves *ret_fd unchanged if there is none. It must be
 * set by the user, be part of the project, or have been granted (reach.h).
 */
int dotfiles_open(const struct settings *settings, const struct strv *granted, int *ret_fd,
		  struct err *e);

#endif
