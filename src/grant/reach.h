/*
 * reach.h - what of the host a project may have.
 *
 * A project's file may come from a stranger, and code in its box can write it. So what it asks for of
 * the host - as values that take effect: profiles read, links resolved - needs the user's consent,
 * once. It is kept in the box's directory (`reach`, a line each); a start that would give more asks again.
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
 * Caches of the profiles that come with the program are no question: a project that was not given them
 * has its own, which no other sees. Those of them that `granted` has, or all that the asker accepts, are
 * from here on the ones that projects share. home is the one inside.
 */
void reach_share_caches(struct settings *s, const char *home, const struct strv *granted,
			const struct reach_asker *asker);

struct repository;

/*
 * Which of those caches a project shares at a start, and whether its box has git data from outside: what
 * it was given, now (granted) or before. repository: what was found for the project.
 */
int reach_settle(const struct box *b, struct settings *s, const char *home,
		 const struct repository *repository, const struct strv *granted,
		 const struct reach_asker *asker, struct err *e);

/*
 * What the user agreed to by writing the file of a project with `sandbox init`, before there is a box to
 * keep it with. It holds for that very file: once the text has changed, it is void. Forgotten when a box
 * keeps it. agreed_read() appends its lines, none when there is none.
 */
int agreed_keep(const struct store *s, const struct settings *settings, const struct strv *lines,
		struct err *e);
/* Also what binds a project whose box was removed, as lines of bounds.h. */
int agreed_read(const struct store *s, const struct settings *settings, struct strv *out,
		struct err *e);
void agreed_forget(const struct store *s, const char *project);

/*
 * Appends what the settings, read from files, give of the host: home, network, an image that is a
 * directory outside the project, what is opened in the kernel. Flags and SANDBOX_* variables are the
 * user's own word and not counted.
 */
int reach_add_settings(const struct settings *s, struct strv *out, struct err *e);

/* The image of a box that is a directory, at its real path: a link may lead it elsewhere by now. */
void reach_add_root(const struct box *b, const char *real, struct strv *out);

/*
 * Appends all of [mounts], v as settings_mounts() has them: each as reach_add_mount(), and what they bind. One whose
 * source is not there is an error.
 */
int reach_add_mounts(const struct settings *s, const char *home, const struct mount_setting *v,
		     size_t n, struct strv *out, struct err *e);

/* Appends all that the settings ask for, as far as it can be told without a box. */
int reach_of(const struct settings *s, const char *home, bool accepts, struct strv *out,
	     struct err *e);

/*
 * Before a box is made (b NULL) or made anew, and before its steps run: asks for what the settings ask
 * for beyond what is kept and what *granted has, and appends what was granted. Settles which caches are
 * shared.
 */
int reach_ask(const struct box *b, struct settings *s, const char *home,
	      const struct reach_asker *asker, struct strv *granted, struct err *e);

/* The same for who runs the steps of a project, whatever box it has: *ret_granted, unless NULL, also has what
 * is kept of that. */
int reach_ask_steps(const struct store *s, struct settings *settings,
		    const struct reach_asker *asker, struct strv *ret_granted, struct err *e);

/*
 * Compares what a start gives with what is kept of the box (NULL: nothing), what is the user's own word, and
 * what was granted a moment ago; asks when it is more. Returns 1 when the reach is to be kept by reach_keep(), 0 when it is.
 */
int reach_check(const struct box *b, const struct settings *s, const struct strv *reach,
		const struct strv *own, const struct strv *granted, const struct reach_asker *asker,
		struct err *e);

/* Of a setting that the user has said yes to, or that asks for nothing: does `line` stand there? */
bool reach_is_granted(const struct strv *granted, const char *line);

/* Keeps it; called when the box has been started with it. */
int reach_keep(const struct box *b, const struct settings *s, const struct strv *reach,
	       struct err *e);

/* Appends the lines that are kept, none when nothing is. */
int reach_kept(const struct box *b, struct strv *out, struct err *e);

#endif
