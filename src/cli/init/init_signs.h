/*
 * init_signs.h - which file, program and image implies which tools: the tables of `init`.
 */
#ifndef CLI_INIT_INIT_SIGNS_H
#define CLI_INIT_INIT_SIGNS_H

#include <stddef.h>

#define INIT_LANG_SIZE 12 /* of a language's name, with its end */

/*
 * Texts and no pointers, in all tables here: pointers are written when a program starts, wherever
 * it is placed, and the pages that they are in belong to each process of a box.
 */

/* A file that identifies a kind of project. Lists are separated by blanks; "" is none. */
struct init_sign {
	char file[24];		   /* a name, or a pattern of fnmatch(3) */
	char lang[INIT_LANG_SIZE]; /* whose tools these are: an image with them needs no `apt` */
	char profile[INIT_LANG_SIZE];
	char apt[72];		    /* Debian's packages for the language */
	char more[72];		    /* packages that images of the language lack too */
	char programs[72];	    /* needed here for the image `host`: in PATH, or a path */
	char image[48];		    /* if Debian does not have it */
	char run[80];		    /* a step */
	char create[80];	    /* a line of the hook; the first one for a language counts */
	char npm[16], pip[16];	    /* packages of these managers */
	char env[112];		    /* KEY = VALUE, a line each */
	char stops[INIT_LANG_SIZE]; /* a language whose later rows are ignored */
	char note[80];		    /* instead of everything else: what is not done, what to do */
};

extern const struct init_sign init_signs[];
extern const size_t init_n_signs;

/* A language: its names in Debian's releases and on Docker Hub. */
struct init_language {
	char lang[INIT_LANG_SIZE];
	char image[32];		     /* a format with the version */
	char bookworm[8], trixie[8]; /* the version there */
	int parts;		     /* of the version in the image's tag: 1 or 2 */
};

extern const struct init_language init_languages[];
extern const size_t init_n_languages;

/*
 * The languages that images have, by the last part of their name. All have apt, unless their tag
 * says otherwise.
 */
struct init_base {
	char name[20];
	char langs[24]; /* separated by blanks */
};

extern const struct init_base init_bases[];
extern const size_t init_n_bases;

/* Words in a file that imply further packages. */
struct init_mention {
	char file[20], words[32], apt[72];
};

extern const struct init_mention init_mentions[];
extern const size_t init_n_mentions;

/* The package of a program that rules of a Makefile use; "": every image has it. */
struct init_tool {
	char program[20], apt[40];
};

extern const struct init_tool init_tools[];
extern const size_t init_n_tools;

#endif
