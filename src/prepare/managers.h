/*
 * managers.h - the package managers, and what each is told.
 *
 * Each step of packages notes what it came to, in the box, so that it is a part of its layer:
 *
 *	/var/lib/sandbox/packages/<manager>	name version hash ("-": none is known), a line each
 *
 * sandbox.lock is made of that. A step that follows a lock is given those words instead of the names
 * that were asked for, installs just them, and fails when they come to anything else.
 */
#ifndef PREPARE_MANAGERS_H
#define PREPARE_MANAGERS_H

#include <stdbool.h>
#include <stddef.h>

#define MANAGER_NOTES "var/lib/sandbox/packages" /* beneath the root of a layer */

/*
 * Scripts for `sh -e -f`. In all of them $notes begins the names of files in memory; $notes.new has
 * what `list` prints after the installation and did not before. In a pinned one "$@" is names, versions
 * and hashes in turn, $asked what [packages] asked for, $time when that was resolved.
 */
struct manager {
	const char *key;     /* of [packages] */
	const char *list;    /* what is there, `name version ...` a line; NULL: collect knows */
	const char *install; /* "$@" */
	const char *pinned;
	const char *collect; /* prints what was installed, `name version hash` a line */
	const char *clean;   /* what is not to be in the layer; or NULL */
	const char *env;     /* what of [env] is for it, as in struct recipe_step */
	bool one_at_a_time;  /* its cache cannot be used by two at once */
	bool by_time;	     /* what it resolves depends on the time */
};

/* In the order in which they run: the system's before the languages'. */
extern const struct manager managers[];
extern const size_t n_managers;

/* The whole script of a step, for `sh -ec`; the caller frees. */
char *manager_script(const struct manager *m, bool locked);

#endif
