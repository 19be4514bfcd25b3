/*
 * plan.h - an image in the form that the launcher needs: one flat file, plans/<manifest>, without
 * JSON.
 *
 * A cache: written by image_install(), read at every start, made again if missing. Format of kv.h;
 * keys may be repeated:
 *
 *	layer (layers/CHAIN-ID, or the path of one in a second store; top first), version,
 *	env, entrypoint, cmd, volume, health, health-time, bare, only, has, workdir, stop-signal, user,
 *	uid, gid, home, no-user
 */
#ifndef IMAGE_STORE_PLAN_H
#define IMAGE_STORE_PLAN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/mem.h"
#include "image/name/digest.h"

struct image_plan {
	struct strv layers; /* paths, top first; relative ones to the data directory */
	struct strv env;    /* NAME=value */
	struct strv entrypoint, cmd, volumes;
	struct strv health; /* CMD and words, or CMD-SHELL and a line; missing in older plans */
	struct strv health_times; /* "interval MS", "timeout MS", "start-period MS", "retries N" */
	struct strv bare; /* those of /tmp and /run that are empty; missing in older plans */
	struct strv only; /* "1777 /run/lock": empty directories, if there is nothing else */
	struct strv has;  /* "SHELL=/bin/bash", "TERM=xterm": things that sessions look for */
	char *workdir, *stop_signal; /* NULL: not set */
	bool has_user;		     /* the image names a user: */
	char *user, *home;	     /* its name (or number) and home, from the image's passwd */
	uid_t uid;
	gid_t gid;
	char *no_user; /* why the image's user cannot be used, or NULL */
};

void image_plan_clear(struct image_plan *p);
#define cleanup_image_plan __attribute__((cleanup(image_plan_clear)))

/* Is there a plan, of whatever content? */
bool image_plan_exists(int datafd, const struct digest *manifest);

/* note marks the plan as found intact (SEEN_WHOLE); the second checks for that mark. */
void image_plan_note_whole(int datafd, const struct digest *manifest);
bool image_plan_is_untouched(int datafd, const struct digest *manifest);

/* The key of the first difference, or NULL; ignores what older plans lack. */
const char *image_plan_difference(const struct image_plan *a, const struct image_plan *b);

/* Checks for every layer, which a start has no time for. */
bool image_plan_is_whole(int datafd, const struct image_plan *p);

/*
 * Reads the plan of a manifest beneath the data directory. -ENOENT if it is missing, of another
 * version or damaged, or one of its layers is gone: `sandbox image prepare` makes it.
 */
int image_plan_read(int datafd, const struct digest *manifest, struct image_plan *ret,
		    struct err *e);
/* Appends the layers named by a plan, whether they exist or not; -ENOENT: no plan. */
int image_plan_layers(int datafd, const struct digest *manifest, struct strv *ret, struct err *e);
int image_plan_write(int datafd, const struct digest *manifest, const struct image_plan *p,
		     struct err *e);

#endif
