/*
 * schema.h - the table of sections and keys, and the properties of each.
 *
 * Whatever checks, denies, asks about, shows or completes a key uses it: what is not in it does not
 * exist. A section with free keys has one row, with the key "*".
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "config/keys.h"

/* When a changed value takes effect. 0: the row does not say. */
enum schema_acts {
	ACTS_READ = 1, /* while settings are read */
	ACTS_CREATE,   /* when the box is created, or with --rebuild */
	ACTS_PREPARE,  /* when its layers are prepared, or with --rebuild */
	ACTS_START,    /* at the next start; drift.c reports that a running box does not follow */
	/* The same, but sessions read it too: until the next start they get the closed value. */
	ACTS_START_AND_SESSION,
	ACTS_SESSION, /* at the next session */
	ACTS_USE,     /* at the next use */
};

/* How far a value reaches: the furthest comes last in the question (grant/reach_order.c). */
enum schema_reaches {
	REACHES_A_BIT = 10,
	REACHES_PROJECTS = 20, /* what they share, what they prepare */
	REACHES_NETWORK = 30,
	REACHES_KERNEL = 40,
	REACHES_READING = 50,
	REACHES_WRITING = 60,
	REACHES_FAR = 70, /* this and above: the question names them */
	REACHES_UNBOUND = 70,
	REACHES_SECRETS = 80,
	REACHES_SYSTEM = 85,
	REACHES_HOME = 90,
	REACHES_ALL = 95,
};

enum schema_type {
	SCHEMA_TEXT,
	SCHEMA_WORD,	 /* one of words */
	SCHEMA_BOOL,	 /* value_bool() */
	SCHEMA_DURATION, /* value_duration() */
	SCHEMA_SIZE,	 /* value_size() */
	SCHEMA_NUMBER,	 /* a whole number above 0 */
	SCHEMA_LIST,	 /* value_words(); later sources append */
	SCHEMA_SCRIPT,	 /* shell text, taken as written */
};

struct schema_key {
	const char *section; /* a section's first word: "env" also means [env:NAME] */
	const char *key;     /* "*", "env.*": any such that check_key accepts */
	enum schema_acts acts;
	enum schema_asked asked;
	enum schema_reaches reaches; /* if the user is asked; for mounts the path decides */
	const char *deny;	     /* words of [policy] that deny it; "": it cannot be denied */
	bool steps; /* applies to steps of packages and [run] too, but leaves nothing in a layer */
	bool programs; /* may give a box other programs than its image has */
	enum schema_type type;
	bool pending;	    /* known and checked, not implemented yet */
	const char *closed; /* the value that opens nothing; "no" for a boolean */
	const char *value;  /* built-in default, or NULL */
	const char *words;  /* SCHEMA_WORD: the allowed values, separated by blanks */
	const char *later;  /* SCHEMA_WORD: values planned for later */
	const char *help;   /* one line */
	/* Check what the type cannot; may be NULL. Messages have no "file:line" yet. */
	int (*check_key)(const char *key, struct err *e);
	int (*check_value)(const char *value, struct err *e);
	int (*check_both)(const char *key, const char *value, struct err *e);
};

extern const struct schema_key schema_keys[N_KEYS]; /* by enum schema_id */

/* The row of a key in a section as spelled in a file ("service db"), or NULL. */
const struct schema_key *schema_find(const char *section, const char *key);

/* Is it a key of [sandbox], whose name needs no section: in messages, flags, SANDBOX_KEY? */
bool schema_is_main(const struct schema_key *row);

/* Does a running box keep the value that it was started with? */
bool schema_acts_at_start(const struct schema_key *row);

/* Does this word of [policy] deny the key? */
bool schema_is_denied(const struct schema_key *row, const char *word);

/* Does a later source append to the key instead of replacing it? */
bool schema_adds(const struct schema_key *row);

/* Is the value shell text, taken as written? */
bool schema_is_script(const char *section, const char *key);

/* Does the value open nothing to a box? Always false for a key without such a value. */
bool schema_is_closed(const struct schema_key *row, const char *value);
const char *schema_closed(const struct schema_key *row); /* that value, or NULL */

/* Is it a section of sandbox.conf, other than [policy]? */
bool schema_is_of_conf(const char *section);

/* "env:test" is the variant "test" of [env]: returns its name; NULL for any other section. */
const char *schema_variant(const char *section);

/* Does the section exist? Messages come without "file:line: "; the caller adds it. */
int schema_check_section(const char *section, struct err *e);

/* Checks that the section has the key and that the value is valid; *ret is its row. */
int schema_check(const char *section, const char *key, const char *value,
		 const struct schema_key **ret, struct err *e);

/*
 * ", did you mean 'x'?" with the candidate nearest to word, or "". Candidates end with NULL. The
 * caller frees it.
 */
char *schema_suggest(const char *word, const char *const *candidates);

#endif
