/*
 * init_guess.h - a guess of the tools that a project needs.
 */
#ifndef CLI_INIT_INIT_GUESS_H
#define CLI_INIT_INIT_GUESS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"
#include "cli/init/init_signs.h"

#define INIT_WANTS_MAX 8

/* A version of a language that a file asks for. */
struct init_want {
	const char *lang; /* of init_languages */
	char *version;	  /* digits and dots */
	char *file;
	bool exact; /* exactly that one; else that one or newer */
};

/* A package of Debian, and the language whose images do not need it, or "". */
struct init_apt {
	char lang[INIT_LANG_SIZE];
	char *name;
};

struct init_guess {
	struct strv profiles; /* "dev" and those of the languages */
	struct init_apt *apt;
	size_t n_apt;
	struct strv npm, pip; /* packages of these managers */
	struct strv run;      /* steps of preparing */
	struct strv create;   /* lines of the hook: commands that write into the project */
	struct strv env;      /* KEY = VALUE */
	struct strv programs; /* programs that build it, by name in PATH, or a pattern of paths */
	struct strv langs;    /* of all files that were found */
	struct strv stopped;  /* of these, those made superfluous by other files */
	struct strv done;     /* their install command is known */
	struct strv why;      /* a line for each thing that was found, for display */
	struct init_want wants[INIT_WANTS_MAX];
	size_t n_wants;
	char *devcontainer;		  /* a devcontainer.json that a box can be made from */
	bool no_devcontainer;		  /* there is one that cannot be used */
	const char *dockerfile;		  /* without devcontainer.json: the one of the project */
	bool dockerfile_is_bare;	  /* it ends with an image that has no tools */
	char *image;			  /* from a Dockerfile; NULL: none */
	char *image_file;		  /* the name of that file */
	struct strv image_apt, image_apk; /* what that file installs in it */
	bool libraries;			  /* packages include some, which this machine may lack */
	const char *lang_image;		  /* for a language that Debian does not have, or NULL */
	struct err failed; /* code 0, or why a file of the project could not be read */
};

void init_guess_clear(struct init_guess *g);
#define cleanup_init_guess __attribute__((cleanup(init_guess_clear)))

/* Adds words, separated by blanks (NULL: none), to a list of a guess; skips those already there. */
void init_add_words(struct strv *list, const char *words);
void init_add_apt(struct init_guess *g, const char *lang, const char *words);

/* whole: its step, its line of the hook and what it stops too, not only the tools. */
void init_add_sign(struct init_guess *g, const struct init_sign *sign, const char *file,
		   bool whole);
void init_add_want(struct init_guess *g, const char *lang, const char *version, const char *file,
		   bool exact);
void init_add_why(struct init_guess *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
