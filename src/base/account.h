/*
 * account.h - users and groups, read from the /etc of the box that the process runs in.
 *
 * For programs that run in a box. They are static and ask no other source.
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

/* By name, or by "#uid", which needs no entry. False when there is no such user. */
bool account_find(const char *user, struct account *ret);

/* The account this process runs as. */
void account_self(struct account *ret);

/* By name or "#gid". */
bool group_find(const char *group, gid_t *ret);

#endif
