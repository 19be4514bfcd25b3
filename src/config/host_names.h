/*
 * host_names.h - the names of hosts that a project gives itself: the values of `aliases` and
 * `hosts`. Nothing else parses one.
 */
#ifndef CONFIG_HOST_NAMES_H
#define CONFIG_HOST_NAMES_H

#include "base/err.h"

/*
 * Words that the project's name server answers for. Not those of sandbox itself, localhost, and
 * addresses.
 */
int host_names_check_aliases(const char *value, struct err *e);

/* Words NAME:ADDRESS, for hosts(5). ADDRESS is one of IPv4 or IPv6, or host.sandbox. */
int host_names_check_hosts(const char *value, struct err *e);

/* Parts of a word that was checked: *ret_address points into it, and the caller frees *ret_name. */
void host_names_split(const char *word, char **ret_name, const char **ret_address);

#endif
