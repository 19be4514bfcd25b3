/*
 * ini.h - the text of an INI file as a list of entries that know their line.
 *
 * The parser is the system's libinih, fed with pieces that it can take: see ini.c. Nothing is known
 * here of which sections and keys exist.
 */
#ifndef CONFIG_INI_H
#define CONFIG_INI_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Bounds: bytes of a file, keys and sections of a file. Real files stay far below both. */
#define INI_MAX_BYTES	(1024 * 1024)
#define INI_MAX_ENTRIES 4096

/*
 * A section header (key and value NULL) or one key of it. Lines that continue a value are joined
 * to it with '\n', which cannot be in a value otherwise.
 */
struct ini_entry {
	const char *section; /* points into sections */
	char *key;
	char *value;
	unsigned int line; /* counted from 1 */
};

struct ini {
	struct ini_entry *v;
	size_t n;
	char **sections; /* the strings that entries point to, one a header */
	size_t n_sections;
	dev_t dev; /* which file it was; 0 for text in memory */
	ino_t ino;
	char sha256[65]; /* of the text of a file; hexadecimal */
};

/* Is the value of the key text for a shell, taken as it is written? NULL: there is none such. */
typedef bool ini_verbatim_fn(const char *section, const char *key);

/*
 * Parses len bytes of text. name is what messages call the file: "name:line: what is wrong".
 * On failure *ret is untouched.
 */
int ini_parse_text(const char *text, size_t len, const char *name, ini_verbatim_fn *verbatim,
		   struct ini *ret, struct err *e);

/*
 * Reads the file at path, called name in messages. It must be a regular file of at most
 * INI_MAX_BYTES; unless any_owner, it must belong to the caller or to root. ERR_USAGE for what is
 * wrong in its text, an errno for what is wrong with the file itself (ENOENT: there is none).
 */
int ini_read(const char *path, const char *name, bool any_owner, ini_verbatim_fn *verbatim,
	     struct ini *ret, struct err *e);

void ini_clear(struct ini *ini);
#define cleanup_ini __attribute__((cleanup(ini_clear)))

#endif
