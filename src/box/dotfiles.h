/*
 * dotfiles.h - the user's own configuration files in the home of a new box.
 */
#ifndef BOX_DOTFILES_H
#define BOX_DOTFILES_H

#include "box/box.h"
#include "config/settings.h"

/*
 * Copies the folder of [sandbox] dotfiles, as far as every user may read it, into the home of a box
 * that nobody has been in yet. Keys and other secrets are not public, and so stay where they are.
 */
int dotfiles_copy(const struct store *s, const struct box *b, const struct settings *settings,
		  struct err *e);

#endif
