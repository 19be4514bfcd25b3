/*
 * init_guess.h - what the files of a folder say of the tools that its project needs.
 */
#ifndef CLI_INIT_GUESS_H
#define CLI_INIT_GUESS_H

#include <stdbool.h>

#include "base/mem.h"

struct init_guess {
	struct strv profiles; /* "dev" and those of the languages */
	struct strv apt;      /* Debian's packages */
	struct strv run;      /* steps of preparation */
	struct strv create;   /* lines of the hook: what writes into the project */
	struct strv settings; /* of a devcontainer.json: section, key, value in turn */
	char *image;	      /* of a Dockerfile or a devcontainer.json; NULL: they name none */
};

/* dir: the path of dirfd. Says, with notes, what of a file was left out. */
void init_guess_folder(int dirfd, const char *dir, struct init_guess *ret);
void init_guess_clear(struct init_guess *g);
#define cleanup_init_guess __attribute__((cleanup(init_guess_clear)))

/* Does apt work in the image, as far as its name tells? */
bool init_image_has_apt(const char *image);

#endif
