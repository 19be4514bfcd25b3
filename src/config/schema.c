/*
 * schema.c - looking up and checking sections and keys.
 *
 * Refuses what is not in the table and suggests the nearest known word. Names what is planned but
 * does not exist yet.
 */
#include "config/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/value.h"

char *schema_suggest(const char *word, const char *const *candidates)
{
	const char *near = nearest_word(word, candidates);

	return near ? xasprintf(", did you mean '%s'?", near) : xstrdup("");
}

/* The length of a section's first word: "env" of "env:test", "service" of "service db". */
static size_t first_word(const char *section)
{
	return strcspn(section, ": \t");
}

static bool row_is_of(const struct schema_key *row, const char *section, size_t len)
{
	return strncmp(row->section, section, len) == 0 && !row->section[len];
}

/* "*" stands for any key, "env.*" for any that begins with "env.". */
static bool row_has(const struct schema_key *row, const char *key)
{
	size_t len = strlen(row->key);

	if (row->key[len - 1] == '*')
		return strncmp(row->key, key, len - 1) == 0;
	return streq(row->key, key);
}

const struct schema_key *schema_find(const char *section, const char *key)
{
	size_t len = first_word(section);

	for (size_t i = 0; i < N_KEYS; i++) {
		const struct schema_key *row = &schema_keys[i];

		/* Most keys differ in the first letter, and a start asks a hundred times. */
		if (row->key[0] != key[0] && row->key[0] != '*')
			continue;
		if (row_is_of(row, section, len) && row_has(row, key))
			return row;
	}
	return NULL;
}

bool schema_is_main(const struct schema_key *row)
{
	return streq(row->section, "sandbox");
}

bool schema_acts_at_start(const struct schema_key *row)
{
	return !row->pending && (row->acts == ACTS_START || row->acts == ACTS_START_AND_SESSION);
}

/* Is value a word of list, which blanks separate? */
static bool in_words(const char *list, const char *value)
{
	size_t len = strlen(value), n;

	for (; list && *list; list += n) {
		list += strspn(list, " ");
		n = strcspn(list, " ");
		if (n && n == len && memcmp(list, value, n) == 0)
			return true;
	}
	return false;
}

bool schema_is_denied(const struct schema_key *row, const char *word)
{
	return in_words(row->deny, word);
}

bool schema_adds(const struct schema_key *row)
{
	/*
	 * Variables are applied one after the other, so that PATH = /x:$PATH in two profiles both
	 * take effect.
	 */
	return row->type == SCHEMA_LIST || row == &schema_keys[KEY_ENV];
}

bool schema_is_script(const char *section, const char *key)
{
	const struct schema_key *row = schema_find(section, key);

	return row && row->type == SCHEMA_SCRIPT;
}

const char *schema_closed(const struct schema_key *row)
{
	return row->type == SCHEMA_BOOL ? "no" : row->closed;
}

bool schema_is_closed(const struct schema_key *row, const char *value)
{
	bool on;

	if (row->type == SCHEMA_BOOL)
		return value_bool(value, &on) && !on;
	return row->closed && streq(value, row->closed);
}

const char *schema_variant(const char *section)
{
	return starts_with(section, "env:") ? section + 4 : NULL;
}

/* The user decides whom to trust: a cloned repository has no say in it. */
bool schema_is_of_conf(const char *section)
{
	return streq(section, "images") || streq(section, "registry") ||
	       starts_with(section, "registry ");
}

static int unknown_section(const char *section, struct err *e)
{
	cleanup_free char *word = xstrndup(section, first_word(section));
	const char *names[N_KEYS + 1];
	cleanup_free char *hint = NULL;
	size_t n = 0;

	if (schema_is_of_conf(section))
		return err_set(e, ERR_USAGE,
			       "[%s] belongs in sandbox.conf, which no project or profile can "
			       "change: see sandbox.conf(5)",
			       section);
	for (size_t i = 0; i < N_KEYS; i++)
		if (!n || !streq(names[n - 1], schema_keys[i].section))
			names[n++] = schema_keys[i].section;
	names[n] = NULL;
	hint = schema_suggest(word, names);
	return err_set(e, ERR_USAGE, "unknown section [%s]%s", section, hint);
}

/* A service is found by its name: a label of DNS. */
static bool is_host_name(const char *name)
{
	return value_name(name) && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_")];
}

int schema_check_section(const char *section, struct err *e)
{
	size_t len = first_word(section);
	const char *rest = section + len, *variant = schema_variant(section);

	for (size_t i = 0; i < N_KEYS; i++) {
		if (!row_is_of(&schema_keys[i], section, len))
			continue;
		if (variant && !value_name(variant))
			return err_set(e, ERR_USAGE, "bad variant '%s' in [%s]", variant, section);
		if (streq(schema_keys[i].section, "service")) {
			if (*rest == ' ' && is_host_name(rest + 1))
				return 0;
			return err_set(e, ERR_USAGE,
				       "bad section [%s]: write [service NAME], with lower-case "
				       "letters, digits, '-' and '_'",
				       section);
		}
		if (*rest && !variant)
			return err_set(e, ERR_USAGE, "bad section [%s]: [%s] takes no name",
				       section, schema_keys[i].section);
		return 0;
	}
	return unknown_section(section, e);
}

static int unknown_key(const char *section, const char *key, struct err *e)
{
	const char *names[N_KEYS + 1], *home = NULL;
	size_t n = 0, len = first_word(section);
	cleanup_free char *hint = NULL;

	for (size_t i = 0; i < N_KEYS; i++) {
		if (row_is_of(&schema_keys[i], section, len))
			names[n++] = schema_keys[i].key;
		else if (!home && streq(schema_keys[i].key, key))
			home = schema_keys[i].section;
	}
	names[n] = NULL;
	hint = home ? xasprintf(", it belongs in [%s]", home) : schema_suggest(key, names);
	return err_set(e, ERR_USAGE, "unknown key '%s' in [%s]%s", key, section, hint);
}

static int check_word(const struct schema_key *row, const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};
	cleanup_free char *hint = NULL;

	if (in_words(row->words, value))
		return 0;
	if (in_words(row->later, value))
		return err_set(e, ERR_USAGE, "not available yet, use one of: %s", row->words);
	value_words(row->words, &words);
	hint = schema_suggest(value, (const char *const *)words.v);
	return err_set(e, ERR_USAGE, "expected one of: %s%s", row->words, hint);
}

static int check_type(const struct schema_key *row, const char *value, struct err *e)
{
	unsigned long long size;
	unsigned long number;
	long ms;
	bool b;

	switch (row->type) {
	case SCHEMA_WORD:
		return check_word(row, value, e);
	case SCHEMA_BOOL:
		if (!value_bool(value, &b))
			return err_set(e, ERR_USAGE, "expected yes or no");
		return 0;
	case SCHEMA_DURATION:
		if (!value_duration(value, &ms))
			return err_set(e, ERR_USAGE,
				       "expected a duration such as 10s, 500ms, 2m, or forever");
		return 0;
	case SCHEMA_SIZE:
		if (!value_size(value, &size) || !size)
			return err_set(e, ERR_USAGE, "expected a size such as 512M or 2G");
		return 0;
	case SCHEMA_NUMBER:
		if (!value_number(value, 1, 4194304, &number))
			return err_set(e, ERR_USAGE, "expected a number, 1 to 4194304");
		return 0;
	case SCHEMA_TEXT:
	case SCHEMA_LIST:
	case SCHEMA_SCRIPT:
		break;
	}
	return 0;
}

int schema_check(const char *section, const char *key, const char *value,
		 const struct schema_key **ret, struct err *e)
{
	const struct schema_key *row = schema_find(section, key);

	if (!row)
		return unknown_key(section, key, e);
	if (row->check_key && row->check_key(key, e) < 0)
		return err_add(e, "bad key '%.80s' in [%s]", key, section);
	if (check_type(row, value, e) < 0 || (row->check_value && row->check_value(value, e) < 0))
		return err_add(e, "bad value '%.80s' for %s", value, key);
	if (row->check_both && row->check_both(key, value, e) < 0)
		return -e->code;
	*ret = row;
	return 0;
}
