/*
 * init_signs.h - which file, program and image implies which tools: the tables of `init`.
 */
#ifndef CLI_INIT_INIT_SIGNS_H
#define CLI_INIT_INIT_SIGNS_H

#include <stddef.h>

/* A file that identifies a kind of project. Lists are separated by blanks. */
struct init_sign {
	const char *file; /* a name, or a pattern of fnmatch(3) */
	const char *lang; /* whose tools these are: an image that has them does not need `apt` */
	const char *profile;
	const char *apt;       /* Debian's packages for the language */
	const char *more;      /* packages that images of the language lack too */
	const char *programs;  /* needed here for the image `host`: in PATH, or a path */
	const char *image;     /* if Debian does not have it */
	const char *run;       /* a step */
	const char *create;    /* a line of the hook; the first one for a language counts */
	const char *npm, *pip; /* packages of these managers */
	const char *env;       /* KEY = VALUE, a line each */
	const char *stops;     /* a language whose later rows are ignored */
	const char *note;      /* instead of everything else: what is not done, and what to do */
};

extern const struct init_sign init_signs[];
extern const size_t init_n_signs;

/* A language: its names in Debian's releases and on Docker Hub. */
struct init_language {
	const char *lang;
	const char *image;	       /* a format with the version */
	const char *bookworm, *trixie; /* the version there */
	int parts;		       /* of the version in the image's tag: 1 or 2 */
};

extern const struct init_language init_languages[];
extern const size_t init_n_languages;

/*
 * The languages that images have, by the last part of their name. All have apt, unless their tag
 * says otherwise.
 */
struct init_base {
	const char *name;
	const char *langs; /* separated by blanks */
};

extern const struct init_base init_bases[];
extern const size_t init_n_bases;

/* Words in a file that imply further packages. */
struct init_mention {
	const char *file, *words, *apt;
};

extern const struct init_mention init_mentions[];
extern const size_t init_n_mentions;

/* The package of a program that rules of a Makefile use; "": every image has it. */
struct init_tool {
	const char *program, *apt;
};

extern const struct init_tool init_tools[];
extern const size_t init_n_tools;

#endif
