/*
 * composing.h - shared by the parts that make settings from compose files; devcontainer_compose.h is
 * for others.
 *
 * compose_values.c reads values that have several forms, compose_volume.c those of `volumes`,
 * compose_file.c those of `secrets` and `configs`, compose_own.c makes the project's box from the
 * service that devcontainer.json names, compose_service.c a [service NAME] from another one,
 * compose_build.c an image from a Dockerfile of theirs, compose_names.c says by which names they
 * reach each other, and compose_keys.c tells what is left out.
 */
#ifndef IMAGE_DEVCONTAINER_COMPOSING_H
#define IMAGE_DEVCONTAINER_COMPOSING_H

#include "image/compose/compose.h"
#include "image/devcontainer/layers.h"

/* The image of a service, without features; NULL: it has none, as was said. */
struct composed_image {
	const char *service;
	char *image;
	struct strv names; /* of the host's variables in it */
};

struct composing {
	struct merging *m;
	struct resolution *resolution;
	struct said_at at; /* of the key in devcontainer.json */
	struct compose_source source;
	struct compose compose;
	const struct node *services;
	const char *own; /* the name of the project's own service */
	const struct node *own_service;
	struct strv wanted; /* services that start without being named */
	struct composed_image *images;
	size_t n_images;
	struct strv building; /* services whose builds are being read, each for the one before */
	bool override_command;
};

static inline struct said_at compose_at(const struct node *n)
{
	return (struct said_at){.where = n->file, .line = n->line};
}

/* A setting, with the variables of the host that are in it. */
void compose_set(struct composing *cs, const struct node *at, const char *what, const char *section,
		 const char *key, const char *value, const struct strv *names);

/* The variables of a service: those of its env_file, below `environment`. A new map. */
struct node *compose_environment(struct composing *cs, const struct node *service);

/* The value of [env]: a dollar sign is one for env_expand() too. The caller frees it. */
char *compose_env_value(const char *text);

/* One of `ports`, as [[ADDRESS:]HOST:]BOX[/udp]; NULL, with a note. The caller frees it. */
char *compose_port(struct composing *cs, const struct node *n);

/*
 * A command as words that service_words() splits: a list, or a text that is split as a shell does.
 * NULL, with a note: it cannot be read. The caller frees it.
 */
char *compose_words(struct composing *cs, const char *key, const struct node *n);

/* Milliseconds of 1m30s, 1.5s, 500ms; false: it is no duration. */
bool compose_duration(const char *text, unsigned long *ret_ms);

/* true, yes, on. */
bool compose_is_true(const struct node *n);

/* The user of a service, or NULL: its image's. "${UID-}:${GID-}" without values is root, as for Docker. */
const char *compose_user(struct composing *cs, const struct node *service);

/*
 * The name of a service's image: as it says, or of what is built, which is recorded. NULL: there is
 * none, and why no box can be made was said. file, unless NULL: the features of that devcontainer.json
 * are installed in it. names gets the host's variables in it. The caller frees it.
 */
char *compose_image(struct composing *cs, const char *name, const struct node *service,
		    const struct layer_json *file, struct strv *names);

void compose_images_free(struct composing *cs);

/* Why there is no such service; without its own the project has no box. */
void compose_leave_out(struct composing *cs, const char *name, const struct node *n,
		       const char *why);

/* The name in `network_mode: service:NAME`, or NULL. */
const char *compose_network_of(const struct node *service);

/* Whose network that service is in: its own name, or another; NULL: of none that exists. */
const char *compose_network_owner(const struct composing *cs, const char *name);

/* Is it in one network with the project's own service? */
bool compose_is_near(const struct composing *cs, const char *name);

/* By which names it is reached, and the hosts that it names, as settings of `section`. */
void compose_set_names(struct composing *cs, const char *name, const char *section,
		       const struct node *service);

/* One of `secrets` or `configs`. */
struct compose_file {
	const struct node *at;
	char *source; /* where it is, absolute; or NULL: */
	char *text;   /* the value of an entry of [mounts], with what it says */
	char *target;
	struct strv names; /* of the host's variables in it */
};

/* In the order of the lists. */
void compose_files(struct composing *cs, const struct node *service,
		   void (*take)(struct composing *cs, const struct compose_file *file, void *arg),
		   void *arg);

/* Names the keys of a service that are unknown, or that a box cannot follow. */
void compose_note_keys(struct composing *cs, const char *name, const struct node *service);

void compose_set_own(struct composing *cs);
void compose_set_service(struct composing *cs, const char *name, const struct node *service);

#endif
