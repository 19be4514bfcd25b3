/*
 * managers.h - the package managers, and their scripts.
 *
 * Each step of packages records in the box, and so in its layer, what it installed:
 *
 *	/var/lib/sandbox/packages/<manager>	name version hash ("-": none is known), a line each
 *
 * sandbox.lock is made from that. A step that follows a lock gets those words instead of the
 * requested names, installs exactly them, and fails if the result differs.
 */
#ifndef PREPARE_MANAGERS_H
#define PREPARE_MANAGERS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/keys.h"

#define MANAGER_NOTES "var/lib/sandbox/packages" /* relative to the root of a layer */

/*
 * Scripts for `sh -e -f`. In all of them $notes is the prefix of files in memory; $notes.new has
 * what `list` prints after the installation and did not before. With a lock "$@" is names, versions
 * and hashes in turn, $asked is the request of [packages], $time is when that was resolved.
 */
struct manager {
	enum schema_id id;   /* of [packages] */
	const char *list;    /* what is installed, `name version ...` a line; or NULL */
	const char *install; /* "$@" */
	const char *pinned;
	const char *collect; /* prints what was installed, `name version hash` a line */
	const char *clean;   /* removes what must not be in the layer; or NULL */
	const char *env;     /* which of [env] it gets, as in struct recipe_step */
	bool one_at_a_time;  /* its cache cannot be used concurrently */
	bool by_time;	     /* its result depends on the time */
};

/* In the order in which they run: the system's before those of languages. */
extern const struct manager managers[];
extern const size_t n_managers;

/* Its key of [packages], which names it in a lock too. */
const char *manager_key(const struct manager *m);

/*
 * The whole script of a step, for `sh -ec`; the caller frees it. Without what only makes it quicker
 * it belongs to the text by which the step's layer is found.
 */
char *manager_script(const struct manager *m, bool locked, bool quicker);

#endif
