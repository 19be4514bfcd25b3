/*
 * schema.h - which sections and keys there are.
 *
 * One table serves the checker, `sandbox config`, the completions and the check of the man page:
 * what is not in it does not exist. A section whose keys are free has one row, with the key "*".
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum schema_type {
	SCHEMA_TEXT,
	SCHEMA_WORD,	 /* one of words */
	SCHEMA_BOOL,	 /* value_bool() */
	SCHEMA_DURATION, /* value_duration() */
	SCHEMA_SIZE,	 /* value_size() */
	SCHEMA_NUMBER,	 /* a whole number above 0 */
	SCHEMA_LIST,	 /* value_words(); later sources add to it */
	SCHEMA_SCRIPT,	 /* text for a shell, as it is written */
};

struct schema_key {
	const char *section; /* a section's first word: "env" stands for [env:NAME] too */
	const char *key;     /* "*": any that check_key takes */
	enum schema_type type;
	bool pending;	    /* known and checked, not implemented yet */
	bool harmless;	    /* reaches nothing of the host: a project has it without being asked */
	const char *closed; /* the value that opens nothing; of a boolean it is "no" */
	const char *value;  /* built-in default, or NULL */
	const char *words;  /* SCHEMA_WORD: what is allowed, separated by blanks */
	const char *later;  /* SCHEMA_WORD: words that will be allowed one day */
	const char *help;   /* one line */
	/* What the type cannot say; NULL: nothing. The message has no "file:line" yet. */
	int (*check_key)(const char *key, struct err *e);
	int (*check_value)(const char *value, struct err *e);
};

#define SCHEMA_MAX_KEYS 100 /* at least as many as there are */
extern const struct schema_key schema_keys[];
extern const size_t schema_n_keys;

/* The row of a key in a section as it is written in a file ("service db"), or NULL. */
const struct schema_key *schema_find(const char *section, const char *key);

/* Does a later source add to the key, rather than replace it? */
bool schema_adds(const struct schema_key *row);

/* Is the value text for a shell, which is taken as it is written? */
bool schema_is_script(const char *section, const char *key);

/* Does the value open nothing to a box? Of a key that has no such value: never. */
bool schema_is_closed(const struct schema_key *row, const char *value);
const char *schema_closed(const struct schema_key *row); /* that value, or NULL */

/* A section of sandbox.conf, but for [policy]. */
bool schema_is_of_conf(const char *section);

/* "env:test" is the variant "test" of [env]: returns its name, or NULL for any other section. */
const char *schema_variant(const char *section);

/* Is there such a section? Messages come without "file:line: ", which the caller puts before. */
int schema_check_section(const char *section, struct err *e);

/* The key must be known in the section and the value fit it; *ret is its row. */
int schema_check(const char *section, const char *key, const char *value,
		 const struct schema_key **ret, struct err *e);

/*
 * ", did you mean 'x'?" with the candidate nearest to word, or "". Candidates end with NULL. The
 * caller frees.
 */
char *schema_suggest(const char *word, const char *const *candidates);

#endif
