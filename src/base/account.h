/*
 * account.h - users and groups inside a box, as its /etc says.
 *
 * For programs that run in the box. They are static and ask no other source.
 */
#ifndef BASE_ACCOUNT_H
#define BASE_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

struct account {
	uid_t uid;
	gid_t gid;
	char *name, *home, *shell;
	gid_t *groups; /* the first is gid */
	size_t n_groups;
};

void account_clear(struct account *a);
#define cleanup_account __attribute__((cleanup(account_clear)))

/* By name, or by "#uid", which need not have an entry. False: there is none. */
bool account_find(const char *user, struct account *ret);

/* Who we are. */
void account_self(struct account *ret);

/* By name or "#gid". */
bool group_find(const char *group, gid_t *ret);

#endif
