/*
 * habits.h - words and options of Docker, Podman, Distrobox, Toolbx, bubblewrap and devcontainers.
 *
 * Those with the same meaning here are accepted; if our word is another one, the error names it.
 * All are in one table (habits_table.c). The help does not list them: it shows our own words.
 */
#ifndef CLI_HABITS_H
#define CLI_HABITS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"

/* The tables have texts and no pointers, as those of options.h. */

/* Words at the beginning of a command line. */
struct habit_word {
	char theirs[20]; /* separated by blanks; "" ends the table */
	char ours[20];	 /* their replacement, "" to drop them; not with: */
	char say[200];	 /* what to use instead, after "there is no 'X': " */
};

/* Kinds of values of an option. */
enum habit_value {
	HABIT_NONE,
	HABIT_SIZE,    /* 512m, 2g, 1073741824; not SOURCE:TARGET */
	HABIT_MISSING, /* or never */
	HABIT_NO,
	HABIT_KEEP_ID,
	HABIT_PRIVATE,
	HABIT_OTHER_NETWORK, /* not a driver of ours */
	HABIT_BRIDGE,	     /* or default */
};

/*
 * An option of another tool. With neither same nor say it is ignored: it asks for what is the case
 * anyway.
 */
struct habit_option {
	char commands[32];	/* of ours, with a blank after each; "": sandbox itself */
	char letter;		/* 0: none */
	char name[24];		/* "": none; "" and no letter end the table */
	bool value;		/* takes one */
	char same[16];		/* long name of our option */
	char say[200];		/* what to use instead, after "'X': " */
	enum habit_value meant; /* if the option exists here too: values for theirs */
	enum habit_value fits;	/* values for what is the case anyway */
};

extern const struct habit_word habit_words[];
extern const struct habit_option habit_options[];

/*
 * Replaces their words at the beginning of words (NULL-terminated) by ours. Returns 0 if nothing
 * changes; 1 with the whole line in *ret, whose strings the caller frees; or ERR_USAGE.
 */
int habit_replace(char *const *words, struct strv *ret, struct err *e);

/*
 * Finds an option of a command (NULL: of sandbox itself) by long name (len bytes, or NULL) or
 * letter; or NULL.
 */
const struct habit_option *habit_find(const char *command, const char *name, size_t len,
				      char letter);

/* Is it a value of this kind? None is of HABIT_NONE. */
bool habit_is(enum habit_value kind, const char *value);

/* ERR_USAGE, or 0 if the option can be ignored. spelled: as typed. */
int habit_answer(const struct habit_option *h, const char *spelled, const char *value,
		 struct err *e);

#endif
