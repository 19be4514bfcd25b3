/*
 * mem.h - allocation that cannot fail, string vectors, and a few string helpers.
 *
 * Running out of memory ends the program with one line and status 125: no caller could do anything
 * useful about it.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s); /* xstrdup(NULL) is NULL */
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

static inline bool streq(const char *a, const char *b)
{
	return __builtin_strcmp(a, b) == 0;
}

bool starts_with(const char *s, const char *prefix);
bool ends_with(const char *s, const char *suffix);
bool is_among(const char *word, const char *const *words, size_t n);

/* A list of owned strings; v ends with a NULL, and is NULL while the list is empty. */
struct strv {
	char **v;
	size_t n;
};

void strv_push(struct strv *sv, const char *s); /* copies s */
void strv_push_take(struct strv *sv, char *s);	/* takes ownership of s */
bool strv_has(const struct strv *sv, const char *s);
char *strv_join(const struct strv *sv, const char *between); /* "" if empty; the caller frees it */
void strv_clear(struct strv *sv);

#define cleanup_strv __attribute__((cleanup(strv_clear)))

/*
 * The candidate nearest to word (Damerau-Levenshtein), or NULL when none is near enough to be a
 * likely typo. Candidates end with NULL; the result points into them.
 */
const char *nearest_word(const char *word, const char *const *candidates);

#endif
