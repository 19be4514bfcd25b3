/*
 * reach.h - what of the host a project may have.
 *
 * A project's file may come from a stranger, and code in its box can write it. So what it asks for
 * of the host - the effective values, with profiles read and symlinks resolved - needs the user's
 * consent, once. Consent is kept in the box's directory (`reach`, a line each); a start that would
 * give more asks again.
 */
#ifndef GRANT_REACH_H
#define GRANT_REACH_H

#include <stdbool.h>

#include "base/err.h"
#include "box/box.h"
#include "config/settings.h"
#include "grant/reach_line.h"

struct mount_setting; /* config/mounts.h */

/*
 * Caches of the profiles that come with the program need no consent: a project without it has its
 * own, which no other project sees. Those of them in `granted`, or all if the asker accepts
 * everything, become shared ones. home is the one inside.
 */
void reach_share_caches(struct settings *s, const char *home, const struct strv *granted,
			const struct reach_asker *asker);

struct repository;

/*
 * Decides at a start which of those caches a project shares, and whether its box has git data from
 * outside: what it was given, now (granted) or before. repository: what was found for the project.
 */
int reach_settle(const struct box *b, struct settings *s, const char *home,
		 const struct repository *repository, const struct strv *granted,
		 const struct reach_asker *asker, struct err *e);

/*
 * What the user agreed to by writing a project's file with `sandbox init`, until there is a box to
 * keep it with. It is valid for exactly that file: once the text has changed, it is void.
 * agreed_forget() drops it when a box keeps it. agreed_read() appends its lines, if there are any.
 */
int agreed_keep(const struct store *s, const struct settings *settings, const struct strv *lines,
		struct err *e);
/* Also appends what binds a project whose box was removed, as lines of bounds.h. */
int agreed_read(const struct store *s, const struct settings *settings, struct strv *out,
		struct err *e);
void agreed_forget(const struct store *s, const char *project);

/*
 * Appends what the settings, read from files, give of the host: home, network, an image that is a
 * directory outside the project, what is opened in the kernel. Flags and SANDBOX_* variables are
 * the user's own word and do not count.
 */
int reach_add_settings(const struct settings *s, struct strv *out, struct err *e);

/* If the box's image is a directory, appends its real path: a symlink may have changed since. */
void reach_add_root(const struct box *b, const char *real, struct strv *out);

/*
 * Appends all of [mounts] (v from settings_mounts()): each as reach_add_mount() does, and the
 * restrictions by them. A missing source is an error.
 */
int reach_add_mounts(const struct settings *s, const char *home, const struct mount_setting *v,
		     size_t n, struct strv *out, struct err *e);

/* Appends all that the settings ask for, as far as it is known without a box. */
int reach_of(const struct settings *s, const char *home, bool accepts, struct strv *out,
	     struct err *e);

/*
 * Called before a box is made (b NULL) or rebuilt, and before its steps run: asks for what the
 * settings want beyond what is kept and what *granted has, and appends what was granted. Decides
 * which caches are shared.
 */
int reach_ask(const struct box *b, struct settings *s, const char *home,
	      const struct reach_asker *asker, struct strv *granted, struct err *e);

/*
 * The same for running the steps of a project, whatever box it has. *ret_granted, unless NULL, also
 * gets the kept lines among them.
 */
int reach_ask_steps(const struct store *s, struct settings *settings,
		    const struct reach_asker *asker, struct strv *ret_granted, struct err *e);

/*
 * Compares what a start gives with what is kept with the box (NULL: nothing), what is the user's
 * own word, and what was granted a moment ago; asks for anything more. Returns 1 if the reach must
 * be kept by reach_keep(), 0 if it already is.
 */
int reach_check(const struct box *b, const struct settings *s, const struct strv *reach,
		const struct strv *own, const struct strv *granted, const struct reach_asker *asker,
		struct err *e);

/* Is `line` among granted? For a setting that the user has agreed to, or that asks for nothing. */
bool reach_is_granted(const struct strv *granted, const char *line);

/* Keeps it; called once the box has started with it. */
int reach_keep(const struct box *b, const struct settings *s, const struct strv *reach,
	       struct err *e);

/* Appends the lines that are kept, if there are any. */
int reach_kept(const struct box *b, struct strv *out, struct err *e);

#endif
