/*
 * etc_lines.h - what a box's /etc says of its user and its network: made at a start, and known again
 * when it is looked at.
 */
#ifndef BOX_ETC_LINES_H
#define BOX_ETC_LINES_H

#include <stdbool.h>

#include "base/proc.h"

/* Lines of passwd(5) and group(5), without a newline, and all of hosts(5). The caller frees. */
char *etc_lines_passwd(const struct user *u, const char *home);
char *etc_lines_group(const struct user *u);
char *etc_lines_hosts(const char *hostname);

/* The host's resolv.conf(5), or NULL. The caller frees. */
char *etc_lines_resolv(void);

/* Is a file of this name ever made or added to? */
bool etc_lines_has(const char *name);

/* Is `now` what a start makes of a file of /etc that was `was`, "" for none? */
bool etc_lines_made(const char *name, const char *was, const char *now, const struct user *u,
		    const char *home);

#endif
