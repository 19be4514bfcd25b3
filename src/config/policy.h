/*
 * policy.h - [policy] of sandbox.conf: what no project may have on this machine, whoever accepts
 * it.
 *
 *	deny    = network, home, mounts ...	words that the rows of the schema name
 *	protect = .git/hooks .envrc		as [sandbox] protect, for every project
 *	network-default = closed		as [network] default, and network-deny as its deny
 */
#ifndef CONFIG_POLICY_H
#define CONFIG_POLICY_H

#include "config/ini.h"
#include "config/settings.h"

/* Checks a line of [policy], for readers of sandbox.conf that do not apply it. */
int policy_check(const struct ini_entry *entry, struct err *e);

/*
 * Applies the [policy] of the machine and of the user to a project's settings. A setting that asks
 * for something denied is an error that names both lines; a built-in default that is denied is
 * closed silently.
 */
int policy_apply(struct settings *s, struct err *e);

/* A word without a setting: before Linux 6.12 the host's network implies them. */
#define POLICY_SOCKETS "abstract-sockets"

/* Where word is denied, "FILE:LINE", for the caller to free; NULL: not denied. Needs no project. */
int policy_denies(const char *word, char **ret_where, struct err *e);

#endif
