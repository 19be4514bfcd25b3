/*
 * etc_lines.h - the text that a box's /etc gets about its user and its network: made at a start,
 * and recognized when changes are looked at.
 */
#ifndef GRANT_ETC_LINES_H
#define GRANT_ETC_LINES_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/proc.h"
#include "config/settings.h"

#define ETC_LINES_LOOPBACK "127.0.0.1" /* of this machine, where a box has its network */

/* Lines of passwd(5) and group(5), without a newline. The caller frees it. */
char *etc_lines_passwd(const struct user *u, const char *home);
char *etc_lines_group(const struct user *u);

/*
 * The lines of [network] hosts, then those of the host's hosts(5) that are useful in a box; "" if
 * none. machine: the address of this machine in the box, for host.sandbox; NULL: there is none, and
 * such lines are left out. The caller frees it. Fails if the file cannot be read now (EIO, EMFILE),
 * but not if it does not exist.
 */
int etc_lines_others(const struct settings *s, const char *machine, char **ret, struct err *e);

/*
 * The host's resolv.conf(5), or NULL if there is none. The caller frees it. Fails as
 * etc_lines_others() does.
 */
int etc_lines_resolv(char **ret, struct err *e);

/*
 * The same for a box with a gateway: with a name for that, and as the only server, with the host's
 * search domains and options.
 */
int etc_lines_gateway_others(const struct settings *s, char **ret, struct err *e);
int etc_lines_gateway_resolv(char **ret, struct err *e);

/*
 * A line of a start's notes, with its newline, that identifies the present version of the host's
 * hosts(5) and resolv.conf(5): make it before reading them. lent: the box gets them. The caller
 * frees it.
 */
char *etc_lines_note(bool lent);

/*
 * Must a box whose start left these notes be given them again? The notes of an older version do not
 * say.
 */
bool etc_lines_changed(const char *notes);

/* Does sandbox ever make or extend a file of this name? */
bool etc_lines_has(const char *name);

/* Is `now` what a start makes of a file of /etc with content `was`, empty if there was none? */
bool etc_lines_made(const char *name, const struct buf *was, const struct buf *now,
		    const struct user *u, const char *home);

#endif
