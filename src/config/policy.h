/*
 * policy.h - [policy] of sandbox.conf: what no project may have on this machine, whoever accepts it.
 *
 *	deny    = network, home, mounts ...	words of policy_words
 *	protect = .git/hooks .envrc		as [sandbox] protect, in every project
 */
#ifndef CONFIG_POLICY_H
#define CONFIG_POLICY_H

#include "config/ini.h"
#include "config/settings.h"

/* What can be denied, NULL-ended: keys of [sandbox], "mounts", "caches", "packages", "run", "hooks". */
extern const char *const policy_words[];

/* Is a line of [policy] one? For who reads sandbox.conf for other reasons. */
int policy_check(const struct ini_entry *entry, struct err *e);

/*
 * Applies the machine's and the user's [policy] to the settings of a project. What is denied and asked
 * for is an error that names both lines; a built-in value that is denied is closed without a word.
 */
int policy_apply(struct settings *s, struct err *e);

/* A word that stands for no setting: a kernel before 6.12 gives them with the host's network. */
#define POLICY_SOCKETS "abstract-sockets"

/* Where word is denied, "FILE:LINE", for the caller to free; NULL: nowhere. Without any project. */
int policy_denies(const char *word, char **ret_where, struct err *e);

#endif
