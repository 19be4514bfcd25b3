/*
 * habits.c - looking up words and options of other tools.
 */
#include "cli/habits.h"

#include <string.h>

#include "base/cleanup.h"

/* The number of words that match text; 0: it does not match. */
static size_t matches(const char *text, char *const *words)
{
	size_t n = 0;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (!words[n] || strlen(words[n]) != len || memcmp(words[n], text, len) != 0)
			return 0;
		n++;
		text += len + (text[len] == ' ');
	}
	return n;
}

static void add_words(const char *text, struct strv *to)
{
	while (*text) {
		size_t len = strcspn(text, " ");

		strv_push_take(to, xstrndup(text, len));
		text += len + (text[len] == ' ');
	}
}

int habit_replace(char *const *words, struct strv *ret, struct err *e)
{
	for (const struct habit_word *h = habit_words; *h->theirs; h++) {
		size_t n = matches(h->theirs, words);

		if (n == 0)
			continue;
		if (*h->say)
			return err_set(e, ERR_USAGE, "there is no '%s': %s", h->theirs, h->say);
		add_words(h->ours, ret);
		for (; words[n]; n++)
			strv_push(ret, words[n]);
		return 1;
	}
	return 0;
}

static bool is_of(const struct habit_option *h, const char *command)
{
	cleanup_free char *name = command ? xasprintf("%s ", command) : NULL;

	return name ? strstr(h->commands, name) != NULL : !*h->commands;
}

const struct habit_option *habit_find(const char *command, const char *name, size_t len,
				      char letter)
{
	for (const struct habit_option *h = habit_options; *h->name || h->letter; h++) {
		bool named = name && strlen(h->name) == len && memcmp(h->name, name, len) == 0;

		if ((named || (letter && h->letter == letter)) && is_of(h, command))
			return h;
	}
	return NULL;
}

bool habit_is(enum habit_value kind, const char *value)
{
	size_t digits = strspn(value, "0123456789");

	switch (kind) {
	case HABIT_NONE:
		return false;
	case HABIT_SIZE:
		value += digits;
		return digits && strlen(value) <= 2 && strspn(value, "bkmgBKMG") == strlen(value);
	case HABIT_MISSING:
		return streq(value, "missing") || streq(value, "never");
	case HABIT_NO:
		return streq(value, "no");
	case HABIT_KEEP_ID:
		return starts_with(value, "keep-id");
	case HABIT_PRIVATE:
		return streq(value, "private");
	case HABIT_BRIDGE:
		return streq(value, "bridge") || streq(value, "default");
	case HABIT_OTHER_NETWORK:
		return !streq(value, "none") && !streq(value, "host") && !streq(value, "gateway") &&
		       !streq(value, "pasta");
	}
	return false;
}

int habit_answer(const struct habit_option *h, const char *spelled, const char *value,
		 struct err *e)
{
	if (!*h->say || (value && habit_is(h->fits, value)))
		return 0;
	return err_set(e, ERR_USAGE, "'%s%s%s': %s", spelled, value ? " " : "", value ? value : "",
		       h->say);
}
