/*
 * init_guess.h - a guess of the tools that a project needs.
 */
#ifndef CLI_INIT_INIT_GUESS_H
#define CLI_INIT_INIT_GUESS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"

#define INIT_WANTS_MAX 8

/* A version of a language that a file asks for. */
struct init_want {
	const char *lang; /* of init_languages */
	char *version;	  /* digits and dots */
	char *file;
	bool exact; /* that one; else that one or a newer one */
};

/* A package of Debian's, and the language whose images have no need of it, or "". */
struct init_apt {
	const char *lang;
	char *name;
};

struct init_guess {
	struct strv profiles; /* "dev" and those of the languages */
	struct init_apt *apt;
	size_t n_apt;
	struct strv npm, pip; /* packages of these managers */
	struct strv run;      /* steps of preparation */
	struct strv create;   /* lines of the hook: what writes into the project */
	struct strv env;      /* KEY = VALUE */
	struct strv settings; /* of a devcontainer.json: section, key, value in turn */
	struct strv programs; /* what builds it, as it stands in PATH, or a pattern of paths */
	struct strv langs;    /* of all files that were found */
	struct strv stopped;  /* of these, what other files make superfluous */
	struct strv done;     /* whose install command is known */
	struct strv why;      /* a line for each thing that was found, for people */
	struct init_want wants[INIT_WANTS_MAX];
	size_t n_wants;
	char *image;	  /* of a Dockerfile or a devcontainer.json; NULL: they name none */
	char *image_file; /* which file that was */
	struct strv image_apt, image_apk; /* what that file installs upon it */
	bool libraries; /* are among the packages: that this machine has them is not known */
	const char *lang_image; /* of a language that Debian does not have, or NULL */
	struct err failed;	/* code 0, or why a file of the project could not be read */
};

void init_guess_clear(struct init_guess *g);
#define cleanup_init_guess __attribute__((cleanup(init_guess_clear)))

/* For who adds to a guess. words: separated by blanks, NULL for none; what is there already stays once. */
void init_add_words(struct strv *list, const char *words);
void init_add_apt(struct init_guess *g, const char *lang, const char *words);
struct init_sign;
void init_add_sign(struct init_guess *g, const struct init_sign *sign, const char *file);
void init_add_want(struct init_guess *g, const char *lang, const char *version, const char *file,
		   bool exact);
void init_add_why(struct init_guess *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
