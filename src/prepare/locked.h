/*
 * locked.h - following a project's lock, and making it.
 */
#ifndef PREPARE_LOCKED_H
#define PREPARE_LOCKED_H

#include <stdbool.h>

#include "base/err.h"
#include "config/lock_file.h"
#include "config/settings.h"
#include "grant/reach.h"
#include "image/name/digest.h"
#include "prepare/managers.h"
#include "store/store.h"

/*
 * The lock that `enter` must follow: 1, or 0 if there is none or the user asks for another image
 * than the project's file. A lock that does not fit the settings any more is an error. Release *ret
 * with lock_clear().
 */
int locked_read(const struct settings *s, struct lock_file *ret, struct err *e);

/* The same for one of several environments: a lock applies only to those with its image. */
int locked_read_for_image(const struct settings *s, struct lock_file *ret, struct err *e);

/*
 * What a lock calls the image. The name of one that is built here depends on the directory, so it is
 * "devcontainer" for all.
 */
const char *locked_name(const struct settings *s);

/* Do these parts of a lock fit the settings, or the machine? */
bool locked_machine(const struct lock_file *l);
bool locked_image(const struct lock_file *l, const struct settings *s);
bool locked_packages(const struct lock_file *l, const struct settings *s, const struct manager *m);
bool locked_profiles(const struct lock_file *l, const struct settings *s);

/* Appends the differences between a lock and the settings, profiles too, one line each. */
void locked_compare(const struct lock_file *l, const struct settings *s, struct strv *out);

/* The image's digest; hex "" if it has none. */
int locked_digest(const struct lock_file *l, struct digest *ret, struct err *e);

struct lock_options {
	const char *project; /* as for enter */
	bool check, update;
	struct reach_asker asker;
	struct settings_request settings;
};

/*
 * `sandbox lock`: completes the project's lock, with update makes it again, both by preparing its
 * environment; with check only compares it.
 */
int lock_run(struct lock_options *o, struct err *e);

#endif
