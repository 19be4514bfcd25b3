/*
 * go_text.h - values as Go's fmt writes them, in whose words BuildKit keeps an image's history.
 */
#ifndef BUILD_ENGINE_GO_TEXT_H
#define BUILD_ENGINE_GO_TEXT_H

#include "base/buf.h"
#include "base/mem.h"

/* %v of a list of strings: [a b]. */
void go_text_list(const struct strv *words, struct buf *out);

/* %q of it: ["a" "b"]. */
void go_text_quoted(const struct strv *words, struct buf *out);

/* Nanoseconds as a duration: 0s, 1.5s, 1m30s. */
void go_text_duration(long long ns, struct buf *out);

/* The nanoseconds of a duration that values_duration() has checked: "1m30s". */
long long go_text_nanoseconds(const char *text);

#endif
