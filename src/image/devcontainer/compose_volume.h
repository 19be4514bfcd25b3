/*
 * compose_volume.h - one of the `volumes` of a service.
 */
#ifndef IMAGE_DEVCONTAINER_COMPOSE_VOLUME_H
#define IMAGE_DEVCONTAINER_COMPOSE_VOLUME_H

#include "image/devcontainer/composing.h"

struct compose_volume {
	enum { VOLUME_NAMED, VOLUME_BIND, VOLUME_TMPFS, VOLUME_OTHER } kind;
	char *source; /* a path, absolute; a name; NULL: it has no name */
	char *target, *size;
	bool read_only;
	bool create; /* BIND: a directory is made if nothing is there */
};

void compose_volume_clear(struct compose_volume *v);
#define cleanup_compose_volume __attribute__((cleanup(compose_volume_clear)))

/* One of `volumes`, in its short or its long form. Returns why it cannot be had, or NULL. */
const char *compose_volume_parse(const struct node *n, struct compose_volume *ret);

/* The same; false, with a note: it is left out. */
bool compose_volume_read(struct composing *cs, const struct node *n, struct compose_volume *ret);

/* Where the project is in the box, if v contains it, or NULL; to be freed. n: notes what is not. */
char *compose_project_in(const struct composing *cs, const struct node *n,
			 const struct compose_volume *v);

/*
 * False, with a note: what it binds does not exist, and is not made when the box starts, since it is
 * not in the project. name: of the service.
 */
bool compose_is_there(struct composing *cs, const char *name, const struct node *n,
		      const struct compose_volume *v);

/* Is it made at the start if it is missing? */
bool compose_is_made(const struct composing *cs, const struct compose_volume *v);

#endif
