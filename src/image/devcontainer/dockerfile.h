/*
 * dockerfile.h - a dev container whose image is built: from a Dockerfile of the project, with
 * features, or both.
 */
#ifndef IMAGE_DEVCONTAINER_DOCKERFILE_H
#define IMAGE_DEVCONTAINER_DOCKERFILE_H

#include "image/devcontainer/layers.h"

/* What is built, without variables. */
struct dockerfile_build {
	struct said_at at;
	char *file;	       /* path of the Dockerfile, absolute; or NULL: */
	const char *text;      /* what it would say; or NULL, too: */
	char *image;	       /* that features are installed in */
	char *context;	       /* of a directory, absolute; or, if remote, of a repository */
	char *target;	       /* a stage, or NULL: the last one */
	struct strv args;      /* NAME=value */
	struct strv caches;    /* values of --cache-from */
	struct strv contexts;  /* NAME=value, of --build-context; a directory is absolute */
	struct strv secrets;   /* values of --secret */
	struct strv agents;    /* values of --ssh, without sockets */
	struct strv names;     /* of the host's variables in these */
	const char *from;      /* the devcontainer.json whose features it gets; or NULL */
	struct buf features;   /* what these depend on */
	struct strv checksums; /* of the files of these (inside.h) */
	bool remote;	       /* file is in the repository; without one it is Dockerfile */
	const char *service;   /* whose image it is; NULL: that of the project's box */
};

void dockerfile_build_clear(struct dockerfile_build *d);
#define cleanup_dockerfile_build __attribute__((cleanup(dockerfile_build_clear)))

/*
 * The name of the image, which depends on what is built: the text of the Dockerfile, target,
 * arguments, features. Records how it is built, unless that is impossible: then NULL, and why no box
 * can be made, or the service is left out. The caller frees it.
 */
char *dockerfile_name(struct resolution *r, const struct dockerfile_build *d);

/* The real path of what is in the project; NULL: it is not, as was said. The caller frees it. */
char *dockerfile_find(struct resolution *r, const struct dockerfile_build *d, const char *what,
		      const char *path);

/* A value of cacheFrom, or of compose's cache_from; what a project cannot name gets a note. */
void dockerfile_add_cache(struct resolution *r, const struct said_at *at, const char *key,
			  const char *value, struct dockerfile_build *d);

/* The features of a devcontainer.json, for the image that d describes. */
void dockerfile_add_features(struct merging *m, const struct layer_json *file,
			     struct dockerfile_build *d);

/* The name that the last build of the project's box has set, whatever it built; to be freed. */
char *dockerfile_last(const struct resolution *r);

/* Is the context of a build not meant as a directory? */
bool dockerfile_is_remote(const char *context);

/* Does the file name a Dockerfile, under `build` or by an old key? */
bool dockerfile_is_named(const struct layer_json *file);

/*
 * The name of the image of a devcontainer.json, which is set; NULL as above. Without a Dockerfile
 * the features are installed in `image`. The caller frees it.
 */
char *dockerfile_image(struct merging *m, const struct layer_json *file, const char *image);

#endif
