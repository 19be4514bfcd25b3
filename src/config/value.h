/*
 * value.h - the types of values: booleans, durations, sizes, lists, names.
 *
 * Each function returns false and leaves its output untouched if the text does not have the form.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stdbool.h>

#include "base/mem.h"

/* yes, true, on; no, false, off. */
bool value_bool(const char *s, bool *ret);

/*
 * Milliseconds of 500ms, 10s, 2m, 1h, 0; -1 for "forever". At most INT_MAX, the limit of poll(2).
 */
bool value_duration(const char *s, long *ret_ms);

/* Bytes of 512, 64K, 512M, 1.5G, 2T: powers of 1024. */
bool value_size(const char *s, unsigned long long *ret);

/* A whole number from min to max. */
bool value_number(const char *s, unsigned long min, unsigned long max, unsigned long *ret);

/* Appends the words of a list to out; separators are commas and blanks. */
void value_words(const char *s, struct strv *out);

/* [A-Za-z0-9][A-Za-z0-9_.-]*, at most 63 bytes: boxes, variants, services, caches, profiles. */
bool value_name(const char *s);

/* SIGTERM, term, 15, RTMIN+3, RTMAX-1, in any case: the signal's number, or 0 (signal(7)). */
int value_signal(const char *s);

/*
 * A hint for the message of a failed script: in old files text after " ;" was a comment. "" if
 * there is none in it.
 */
const char *value_script_hint(const char *text);

/* A variable's name: [A-Za-z_][A-Za-z0-9_]* */
bool value_env_name(const char *s);

#endif
