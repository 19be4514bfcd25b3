/*
 * ini.h - parses the text of an INI file into a list of entries with line numbers.
 *
 * The parser is the system's libinih, fed in pieces that it can take: see ini.c. Which sections and
 * keys exist is not known here.
 */
#ifndef CONFIG_INI_H
#define CONFIG_INI_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Limits of a file: bytes, keys and sections. Real files stay far below. */
#define INI_MAX_BYTES	(1024 * 1024)
#define INI_MAX_ENTRIES 4096

/*
 * A section header (key and value are NULL) or one key. Continuation lines are joined to the value
 * with '\n', which a value cannot contain otherwise.
 */
struct ini_entry {
	const char *section; /* points into sections */
	char *key;
	char *value;
	unsigned int line; /* from 1 */
};

struct ini {
	struct ini_entry *v;
	size_t n;
	char **sections; /* the strings that entries point to, one a header */
	size_t n_sections;
	dev_t dev; /* which file it was; 0 for text in memory */
	ino_t ino;
	char sha256[65]; /* of the file's text, hexadecimal */
};

/* Is the value of this key shell text, to be taken as written? A NULL function: no value is. */
typedef bool ini_verbatim_fn(const char *section, const char *key);

/*
 * Parses len bytes of text. name stands for the file in messages: "name:line: what is wrong". On
 * failure *ret is untouched.
 */
int ini_parse_text(const char *text, size_t len, const char *name, ini_verbatim_fn *verbatim,
		   struct ini *ret, struct err *e);

/*
 * Reads the file at path, called name in messages. It must be a regular file of at most
 * INI_MAX_BYTES and, unless any_owner, belong to the caller or to root. Fails with ERR_USAGE for
 * errors in the text, with an errno for errors of the file itself (ENOENT: does not exist).
 */
int ini_read(const char *path, const char *name, bool any_owner, ini_verbatim_fn *verbatim,
	     struct ini *ret, struct err *e);

void ini_clear(struct ini *ini);
#define cleanup_ini __attribute__((cleanup(ini_clear)))

#endif
