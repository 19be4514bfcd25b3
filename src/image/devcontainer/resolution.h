/*
 * resolution.h - a devcontainer.json while it is resolved: what was read, and the settings.
 *
 * The result is the text of the flat file that load_devcontainer.c describes.
 */
#ifndef IMAGE_DEVCONTAINER_RESOLUTION_H
#define IMAGE_DEVCONTAINER_RESOLUTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "config/keys.h"

struct resolution {
	struct buf out;
	struct strv read; /* paths and names of variables that have a line */
	const char *project;
	const char *choice; /* the file with the name that was chosen last, of several */
};

#define RESOLUTION_INIT          \
	{                        \
		.out = BUF_INIT, \
	}

void resolution_clear(struct resolution *r);
#define cleanup_resolution __attribute__((cleanup(resolution_clear)))

/* Where something is said: a file and its line (0: unknown), or a text such as "image x". */
struct said_at {
	const char *where;
	unsigned int line;
};

/* Records that path was looked at, before it is read: its identity, or that it does not exist. */
bool resolution_look(struct resolution *r, const char *path);

/*
 * Reads a file of the project, and records its identity. It must belong to the caller or to root.
 * -ENOENT is recorded, too.
 */
int resolution_read(struct resolution *r, const char *path, size_t max, struct buf *out,
		    struct err *e);

/*
 * The same, of a file that a box or the project's author could make a symlink to anything: nothing
 * outside the project is read.
 */
int resolution_read_inside(struct resolution *r, const char *path, size_t max, struct buf *out,
			   struct err *e);

/* A variable of the host, or NULL; recorded. */
const char *resolution_env(struct resolution *r, const char *name);

/* The devcontainer.json, and the digest of its text. */
void resolution_from(struct resolution *r, const char *path, const char *sha256);

/* The image, which is not here yet. */
void resolution_image(struct resolution *r, const char *image);

/*
 * How an image is built: options and words of `image build`, but for its names. service: whose it
 * is; NULL: the project's own, and it also gets the name `last`.
 */
void resolution_build(struct resolution *r, const char *service, const char *name, const char *last,
		      const struct strv *words);

/* What has no effect, and why. */
void resolution_note(struct resolution *r, const struct said_at *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Why there are no settings. */
void resolution_error(struct resolution *r, const struct said_at *at, const char *text);

/* Why no box can be made. */
void resolution_cannot(struct resolution *r, const struct said_at *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * A setting. variables: names of the host's variables in it, separated by blanks; or NULL. One that
 * the schema refuses is left out, with a note that names `what`.
 */
void resolution_set(struct resolution *r, const struct said_at *at, const char *what,
		    const char *section, const char *key, const char *value, const char *variables);

/* The same for a key by its id. */
void resolution_set_key(struct resolution *r, const struct said_at *at, const char *what,
			enum schema_id id, const char *value);

#endif
