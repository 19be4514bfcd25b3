/*
 * repository.h - git data outside the project that a project's checkout points to: that of a linked
 * worktree, a lone submodule, the repository around a project that is a part of it, and objects
 * borrowed from others (clone --shared).
 *
 * It is found by files that code in the box can write, so it needs consent like everything else.
 */
#ifndef GRANT_REPOSITORY_H
#define GRANT_REPOSITORY_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/settings.h"
#include "grant/reach_line.h"

/* Absolute paths of the host, symlinks resolved; NULL if there is none. */
struct repository {
	char *root;   /* the top of the checkout, if the project is a part of it */
	char *git;    /* this checkout's own data, if outside the project */
	char *common; /* what it shares with other checkouts: git itself, or a directory above it */
	char *git_at, *common_at; /* the paths by which git finds them */
	char *worktrees;	  /* data of other checkouts, in common or in the project's .git */
	struct strv objects;	  /* borrowed */
	struct stat dot_git;	  /* of the first .git that was found */
};

/* Never fails: anything that is not a repository has no data. */
void repository_find(const char *project, struct repository *ret);
void repository_clear(struct repository *r);
#define cleanup_repository __attribute__((cleanup(repository_clear)))

/* The path in a pointer file of git, after prefix, relative to base. NULL: there is none. */
char *repository_pointer(const char *file, const char *prefix, const char *base);

/* Appends the lines for consent; the second, for what the project of the settings has. */
void repository_reach(const struct repository *r, struct strv *out);
void repository_ask(const struct settings *s, struct strv *out);

/*
 * Decides whether the box gets it. This never stops a start that asked for nothing else: if nobody
 * can be asked, the box goes without it, with a note, unless `granted` has all of `lines`.
 */
void repository_settle(struct settings *s, const struct strv *lines, const struct strv *granted,
		       const struct reach_asker *asker);

/*
 * Paths of [sandbox] protect within .git, for a repository whose data is outside the project:
 * absolute, created if missing.
 */
int repository_protect(const struct repository *r, const struct settings *s, struct strv *paths,
		       struct err *e);

#endif
