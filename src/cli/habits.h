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

/* Words at the beginning of a command line. */
struct habit_word {
	const char *theirs; /* separated by blanks; NULL ends the table */
	const char *ours;   /* their replacement, "" to drop them; NULL: */
	const char *say;    /* what to use instead, after "there is no 'X': " */
};

/*
 * An option of another tool. With neither same nor say it is ignored: it asks for what is the case
 * anyway.
 */
struct habit_option {
	const char *commands;		  /* of ours, with a blank after each; "": sandbox itself */
	char letter;			  /* 0: none */
	const char *name;		  /* NULL: none; NULL and no letter end the table */
	bool value;			  /* takes one */
	const char *same;		  /* long name of our option */
	const char *say;		  /* what to use instead, after "'X': " */
	bool (*meant)(const char *value); /* if the option exists here too: values for theirs */
	bool (*fits)(const char *value);  /* is it a value for what is the case anyway? */
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

/* ERR_USAGE, or 0 if the option can be ignored. spelled: as typed. */
int habit_answer(const struct habit_option *h, const char *spelled, const char *value,
		 struct err *e);

#endif
