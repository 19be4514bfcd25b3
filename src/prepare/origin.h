/*
 * origin.h - what to make a project's box from: its image, with its packages and steps on top.
 */
#ifndef PREPARE_ORIGIN_H
#define PREPARE_ORIGIN_H

#include "base/err.h"
#include "box/box_create.h"
#include "config/settings.h"
#include "prepare/recipe.h"
#include "rootfs/image.h"

/* `from`, and everything it points to. */
struct origin {
	struct box_origin from;
	struct image_root root; /* its lease keeps the layers until the box is recorded */
	struct recipe recipe;
	struct strv layers;
	bool fetched; /* see prepare_layers() */
	/* Set by the caller: */
	bool rescue; /* see prepare_layers() */
	struct digest
		built; /* the image, if it was built already; hex "": it is found by its name */
};

#define ORIGIN_INIT                     \
	{                               \
		.root = IMAGE_ROOT_INIT \
	}

/* Can a box be made from these settings? A devcontainer.json may ask for what cannot be done. */
int origin_check(const struct settings *settings, struct err *e);

/*
 * Builds the image of a devcontainer.json from its Dockerfile; what is built already is found. fetch:
 * or pulls it from [sandbox] prebuilt, if it is there.
 */
int origin_build(const struct settings *settings, bool fetch, struct err *e);

/*
 * Settings are loaded again after a lock was written. ESTALE: not only that has changed in how the image
 * is built, and nobody was asked about the rest.
 */
int origin_check_agreed(const struct settings *agreed, const struct settings *now, struct err *e);

/*
 * The images that it is built from, and those of services: appends lines PLATFORM NAME. ERR_SAID, as
 * for all that sandbox-image does.
 */
int origin_bases(const struct settings *settings, struct buf *out, struct err *e);

/*
 * Builds it and those of services without names, from what a lock with `bases` says of these; what it
 * lacks is looked for. fresh: without the lock. *ret is the image, hex "" if only services have one,
 * and *bases becomes what they were built from, as in a lock.
 */
int origin_build_bases(const struct settings *settings, bool fresh, struct digest *ret,
		       struct strv *bases, struct err *e);

/* Builds the image of a service that is to be built, unless it is here; again: also then. */
int origin_build_service(const struct store *s, const struct settings *settings, const char *image,
			 bool again, struct err *e);

/*
 * Provides what is missing: pulls the image, runs the steps. That may take minutes, so hold no lock
 * that others wait for. lock, or NULL, is followed; with resolve, what it lacks is resolved and
 * added to it. Release *o with origin_clear(), on failure too.
 */
int origin_make(const struct store *s, const struct settings *settings, struct lock_file *lock,
		bool resolve, struct origin *o, struct err *e);
void origin_clear(struct origin *o);
#define cleanup_origin __attribute__((cleanup(origin_clear)))

#endif
