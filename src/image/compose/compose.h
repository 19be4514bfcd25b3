/*
 * compose.h - the compose files of a project, read and merged: compose-spec.
 *
 * Promises that what a hostile file says costs no more than its length: nodes, files and depth have
 * limits, and each error has a file and a line.
 */
#ifndef IMAGE_COMPOSE_COMPOSE_H
#define IMAGE_COMPOSE_COMPOSE_H

#include "image/compose/node.h"
#include "image/compose/values.h"

struct compose_source {
	/* Reads a file; -ENOENT if it does not exist. */
	int (*read)(void *arg, const char *path, struct buf *out, struct err *e);
	/* As in struct values. */
	const char *(*host)(void *arg, const char *name, bool *ret_tells);
	void *arg;
};

struct compose {
	const struct compose_source *source;
	struct node_pool pool;
	struct values values;
	struct strv files;     /* all that were read */
	char *env_left_out;    /* why .env is not read, though it is there; or NULL */
	struct node *extended; /* by path: files whose services others extend */
	const struct node
		*root;	  /* merged; services in the form of merge_normalize(), without `extends` */
	const char *name; /* of the compose project */
};

/* files: absolute paths, the one that counts least first. Release *c on failure, too. */
int compose_load(struct compose *c, const struct compose_source *source, const struct strv *files,
		 struct err *e);
void compose_clear(struct compose *c);
#define cleanup_compose __attribute__((cleanup(compose_clear)))

/* A file of variables, beside a compose file; -ENOENT. */
int compose_read_variables(struct compose *c, const char *path, struct node *map, struct err *e);

#endif
