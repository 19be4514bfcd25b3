/*
 * yaml_read.h - reading a YAML or JSON document member by member, with errors that name the line.
 *
 * Aliases can expand a short text enormously: the number of items looked at is limited.
 */
#ifndef IMAGE_DOCUMENT_YAML_READ_H
#define IMAGE_DOCUMENT_YAML_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "base/err.h"

#define YAML_VISITS_MAX 100000
#define YAML_TEXT_MAX	4096 /* bytes of one text */

struct yaml_reader {
	yaml_document_t doc;
	const char *name; /* of the file, for messages */
	size_t visits;
	struct err *e;
};

/*
 * Parses the only document in len bytes of text; EBADMSG, also if there is none. name and e must
 * outlive the reader. After success call yaml_read_end().
 */
int yaml_read(const char *text, size_t len, const char *name, struct yaml_reader *ret,
	      struct err *e);
void yaml_read_end(struct yaml_reader *r);

/* "NAME:LINE: what 'text'", without text when that is "". Returns -EBADMSG. */
int yaml_bad(struct yaml_reader *r, const yaml_node_t *at, const char *what, const char *text);

/* The line of a node, from 1. */
size_t yaml_line(const yaml_node_t *at);

/* A member of a mapping; *ret is NULL if it is missing, or null. A duplicate is an error. */
int yaml_member(struct yaml_reader *r, const yaml_node_t *map, const char *key,
		yaml_node_type_t type, yaml_node_t **ret);

/*
 * The text of a member, without control characters; *ret is NULL as above, which is an error if it
 * is needed.
 */
int yaml_member_text(struct yaml_reader *r, const yaml_node_t *map, const char *key, bool needed,
		     const char **ret);

/* The text of a node. */
int yaml_text(struct yaml_reader *r, const yaml_node_t *n, const char **ret);

/* Item i of a list, which may be NULL; *ret is NULL after the last. */
int yaml_item(struct yaml_reader *r, const yaml_node_t *list, size_t i, yaml_node_t **ret);

#endif
