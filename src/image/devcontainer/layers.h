/*
 * layers.h - what a dev container is made of, merged: the label of its image, then
 * devcontainer.json.
 *
 * The rules are those of containers.dev, "Merge Logic". Each part takes the keys that it knows from
 * one layer after the other; the last one is devcontainer.json.
 */
#ifndef IMAGE_DEVCONTAINER_LAYERS_H
#define IMAGE_DEVCONTAINER_LAYERS_H

#include <jansson.h>

#include "image/devcontainer/variables.h"
#include "image/name/conf.h"
#include "image/store/store.h"

/* A JSON object, and where it is from. */
struct layer_json {
	json_t *root;
	const char *where; /* the path of a file, or a text such as "image x" */
	const char *text;  /* of the file, for the numbers of lines; or NULL */
	size_t len;
	unsigned int line;    /* without text: of all of it */
	const char *checksum; /* of the file (inside.h); NULL: it is none */
};

struct layers {
	struct layer_json *v; /* lowest first; the last one is the devcontainer.json */
	size_t n;
};

/* Everything that the parts share. */
struct merging {
	struct resolution *resolution;
	const struct image_store *store;
	const struct image_conf *conf;
	struct layers layers;
	struct variables variables;
	struct strv env;	/* NAME=value of the image, then of containerEnv */
	const char *image_user; /* USER of the image, "" for root; NULL: not known */
	struct said_at user_at; /* where that is said, if not in the image */
	char *mounted_at;	/* where a compose file mounts the project; or NULL */
	bool composed;		/* by compose files */
	struct strv services;	/* of these, other than the project's own */
	struct strv published;	/* NAME:PORT of these; PORT of those in the box's network, too */
	bool other_image;	/* sandbox.ini or the caller names another image */
	bool host_image;	/* namely the host's own system */
};

/* Where the value of a key is; with member or item (from 0; -1: none) a part of it. */
struct said_at layer_at(const struct layer_json *l, const char *key, const char *member, long item);

/*
 * A text with its variables replaced; the caller frees it. Of another type, or with unknown
 * variables: NULL, with a note that names `what`. names as in variables_expand().
 */
char *layer_text(const struct merging *m, const struct said_at *at, const char *what,
		 const json_t *value, enum variables_for what_for, struct strv *names);

/* The devcontainer.json itself. */
static inline const struct layer_json *layers_file(const struct layers *l)
{
	return &l->v[l->n - 1];
}

/* The last layer that has the key, other than as null; NULL: none has. */
const struct layer_json *layers_last(const struct layers *l, const char *key);

/* Each takes its keys from all layers, and adds settings and notes. */
void workspace_merge(struct merging *m); /* before the others: it sets container_folder */
void workspace_user(struct merging *m);
void environment_merge(struct merging *m); /* before those that use ${containerEnv:NAME} */
void environment_ports(struct merging *m);
void mount_merge(struct merging *m);
void hooks_merge(struct merging *m);

#endif
