/*
 * init_image.h - which image to propose for a project.
 */
#ifndef CLI_INIT_INIT_IMAGE_H
#define CLI_INIT_INIT_IMAGE_H

#include <stdbool.h>

#include "cli/init/init_guess.h"

/*
 * Judged by the name, or by the layers if it is here: does apt work in it, does it have a
 * language's tools?
 */
bool init_image_has_apt(const char *image);
bool init_image_has_lang(const char *image, const char *lang);

/*
 * Does the /usr that the image `host` shows have this program, or a path that matches the pattern?
 */
bool init_host_has(const char *program);

/* Does the image have what the guess needs, or can its packages be installed there? */
bool init_image_serves(const char *image, const struct init_guess *g);

/* The guess's packages that the image lacks, separated by blanks. The caller frees it. */
char *init_image_apt(const char *image, const struct init_guess *g);

/* What the project's own file installs there with apk. The caller frees it. */
char *init_image_apk(const char *image, const struct init_guess *g);

/*
 * The image to propose: the one that the project names, unless nothing can be installed there any
 * more; a local Debian, this machine's own programs, or one to pull. Adds to g->why. The caller
 * frees it.
 */
char *init_choose_image(struct init_guess *g);

#endif
