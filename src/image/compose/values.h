/*
 * values.h - ${NAME} in a compose file, and the files of variables: .env and env_file.
 */
#ifndef IMAGE_COMPOSE_VALUES_H
#define IMAGE_COMPOSE_VALUES_H

#include "base/buf.h"
#include "image/compose/node.h"

/* Where variables are from, in this order. Points to what others own, but for `unset`. */
struct values {
	/* The host's variable, or NULL. *ret_tells: its value is not known to every program. */
	const char *(*host)(void *arg, const char *name, bool *ret_tells);
	void *arg;
	const struct node *file; /* what .env has set; or NULL */
	const struct node *here; /* the lines before, of the file that is read; or NULL */
	struct strv unset;	 /* names that were used, and have no value */
	size_t expanded;	 /* bytes so far */
};

void values_clear(struct values *v);

/* The value of a variable, or NULL. names, unless NULL, gets the host's variables that it tells. */
const char *values_get(const struct values *v, const char *name, struct strv *names);

/*
 * Appends text with its variables replaced, by the rules of compose: $NAME, ${NAME}, ${NAME:-word},
 * ${NAME-word}, ${NAME:?word}, ${NAME?word}, ${NAME:+word}, ${NAME+word}, with variables in word,
 * and $$ for a dollar sign. ERR_USAGE.
 */
int values_expand(struct values *v, const char *text, struct buf *out, struct strv *names,
		  struct err *e);

/*
 * Reads a file of variables into a map: comments, `export`, values in quotes, which may have several
 * lines, and variables in them. A line with only a name is the host's variable. ERR_USAGE, with
 * at->file and the line.
 */
int values_read_file(struct values *v, struct node_pool *pool, const char *text,
		     const struct node *at, struct node *map, struct err *e);

#endif
