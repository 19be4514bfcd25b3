/*
 * etc_lines.h - what a box's /etc says of its user and its network: made at a start, and known again
 * when it is looked at.
 */
#ifndef GRANT_ETC_LINES_H
#define GRANT_ETC_LINES_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/proc.h"

/* Lines of passwd(5) and group(5), without a newline. The caller frees. */
char *etc_lines_passwd(const struct user *u, const char *home);
char *etc_lines_group(const struct user *u);

/*
 * The lines of the host's hosts(5) that are worth to be in a box, "" for none. The caller frees. Fails
 * when the file cannot be read at the moment (EIO, EMFILE), not when there is none.
 */
int etc_lines_others(char **ret, struct err *e);

/* The host's resolv.conf(5), or NULL for none. The caller frees. Fails as etc_lines_others() does. */
int etc_lines_resolv(char **ret, struct err *e);

/*
 * A line of a start's notes, with its newline, that tells the host's hosts(5) and resolv.conf(5) from what
 * they are at another time: to be made before they are read. lent: the box has them. The caller frees.
 */
char *etc_lines_note(bool lent);

/* Has a box whose start left these notes to be given them anew? An older version's notes do not say. */
bool etc_lines_changed(const char *notes);

/* Is a file of this name ever made or added to? */
bool etc_lines_has(const char *name);

/* Is `now` what a start makes of a file of /etc that was `was`, empty for none? */
bool etc_lines_made(const char *name, const struct buf *was, const struct buf *now,
		    const struct user *u, const char *home);

#endif
