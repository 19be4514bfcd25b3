/*
 * habits.h - what people type who know Docker, Podman, Distrobox, Toolbx, bubblewrap, devcontainers.
 *
 * What means the same here is taken; where our word is another one, the error names it. All of it is
 * one table (habits_table.c). None of it stands in the help: that shows our own words.
 */
#ifndef CLI_HABITS_H
#define CLI_HABITS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"

/* Words that a command line begins with. */
struct habit_word {
	const char *theirs; /* with blanks; NULL ends the table */
	const char *ours;   /* to stand in their place, "" for nothing; NULL: */
	const char *say;    /* what to use, after "there is no 'X': " */
};

/* An option of another tool. Neither same nor say: it asks for what is so anyway. */
struct habit_option {
	const char
		*commands; /* ours that are given it, with a blank after each; "": sandbox itself */
	char letter;	   /* 0: has none */
	const char *name;  /* NULL: has none; NULL and no letter end the table */
	bool value;	   /* takes one */
	const char *same;  /* our option's long name */
	const char *say;   /* what to use, after "'X': " */
	bool (*meant)(const char *value); /* where the option is ours too: values that are theirs */
	bool (*fits)(const char *value);  /* values that ask for what is so anyway */
};

extern const struct habit_word habit_words[];
extern const struct habit_option habit_options[];

/*
 * Puts our words in the place of theirs at the beginning of words (NULL-ended). 0 when nothing is to be
 * changed; 1 with the whole line in *ret, whose strings are the caller's to free, or ERR_USAGE.
 */
int habit_replace(char *const *words, struct strv *ret, struct err *e);

/* The option of a command (NULL: of sandbox itself) by long name (len bytes, or NULL) or letter; or NULL. */
const struct habit_option *habit_find(const char *command, const char *name, size_t len,
				      char letter);

/* ERR_USAGE, or 0 where the option can be passed over. spelled is as it was typed. */
int habit_answer(const struct habit_option *h, const char *spelled, const char *value,
		 struct err *e);

#endif
