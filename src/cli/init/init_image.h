/*
 * init_image.h - which image a project is to start from.
 */
#ifndef CLI_INIT_INIT_IMAGE_H
#define CLI_INIT_INIT_IMAGE_H

#include <stdbool.h>

#include "cli/init/init_guess.h"

/* As far as the name tells, or the layers if it is here: does apt work in it, has it a language's tools? */
bool init_image_has_apt(const char *image);
bool init_image_has_lang(const char *image, const char *lang);

/* Is there such a program, or a path that fits the pattern, in the /usr that the image `host` shows? */
bool init_host_has(const char *program);

/* Is what the guess needs in the image, or can its packages be installed there? */
bool init_image_serves(const char *image, const struct init_guess *g);

/* The guess's packages that the image lacks, separated by blanks. The caller frees. */
char *init_image_apt(const char *image, const struct init_guess *g);

/* What the project's own file installs there with apk. The caller frees. */
char *init_image_apk(const char *image, const struct init_guess *g);

/*
 * The image to propose: what the project names, unless nothing can be installed there any more; a Debian
 * that is here, this machine's own programs, or one to pull. Adds to g->why. The caller frees.
 */
char *init_choose_image(struct init_guess *g);

#endif
