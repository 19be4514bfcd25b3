/*
 * build_request.h - what a build is asked for, and what comes out.
 */
#ifndef BUILD_ENGINE_BUILD_REQUEST_H
#define BUILD_ENGINE_BUILD_REQUEST_H

#include <stdbool.h>
#include <time.h>

#include "build/graph.h"
#include "build/ignore.h"
#include "image/name/conf.h"
#include "image/store/store.h"

/* A secret or an SSH agent of the user's that steps may use. */
struct build_lent {
	char *id;
	char *path; /* of the file, or of the agent's socket; or NULL: */
	char *top;  /* a directory that the file is beneath, whatever links say; or NULL */
	char *env;  /* a variable of this process */
};

/* Where layers of other builds are: a reference to a registry, or a directory. */
struct build_cache_place {
	char *ref, *dir; /* one of the two */
	bool all;	 /* to write: of all stages, not only those of the image */
};

struct build_request {
	struct image_store *store; /* its lease is held until the build has ended */
	const struct image_conf *conf;
	struct graph *graph; /* triggers of images are added to it */
	const char *context; /* a directory; NULL: there is none */
	bool fetched;	     /* from a repository */
	const char *inside;  /* where it is, and those that have a name (inside.h); or NULL */
	const struct ignore *ignore;
	/* What names of images mean, three words each as lock_base() reads them; or NULL. */
	const struct strv *locked;
	bool locked_only; /* another name is refused; if not, with the next, told */
	bool tell_unlocked;
	struct strv *bases; /* or NULL: the images that it is built from are added, as in locked */
	const struct strv *names; /* of the image, in the form of ref_name(); may be empty */
	const struct build_lent *secrets, *agents;
	size_t n_secrets, n_agents;
	const struct build_cache_place *cache_from, *cache_to;
	size_t n_cache_from, n_cache_to;
	bool no_cache;	  /* no layer is taken from earlier builds */
	bool pull;	  /* base images are looked for in their registries */
	bool debug_shell; /* if a step fails, a shell where it has failed */
	time_t time;	  /* of all that is made, and the latest of files; -1: real ones */
};

struct build_result {
	struct digest digest; /* of the manifest */
	size_t steps, cached; /* that make layers, and those of them that were there */
};

#endif
