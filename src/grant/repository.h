/*
 * repository.h - the git data that a project's checkout points to, where that lies outside the project:
 * a linked worktree's, a lone submodule's, that of the repository around a project that is a part of it, and
 * objects borrowed from others (clone --shared).
 *
 * It is read from files that code in the box can write, so it is a matter of consent like all else.
 */
#ifndef GRANT_REPOSITORY_H
#define GRANT_REPOSITORY_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/settings.h"
#include "grant/reach_line.h"

/* Absolute paths of the host, links resolved; NULL for what there is not. */
struct repository {
	char *root;   /* the top of the checkout, when the project is a part of it */
	char *git;    /* this checkout's own data, when it lies outside the project */
	char *common; /* what it shares with other checkouts: git, or what that lies in */
	char *git_at, *common_at; /* the paths by which git finds them */
	char *worktrees;	  /* data of other checkouts, within common or the project's .git */
	struct strv objects;	  /* borrowed */
	struct stat dot_git;	  /* of the .git that was found first */
};

/* Never fails: what is no repository has none. */
void repository_find(const char *project, struct repository *ret);
void repository_clear(struct repository *r);
#define cleanup_repository __attribute__((cleanup(repository_clear)))

/* The path that stands in a file of git's, behind prefix, relative to base. NULL: none does. */
char *repository_pointer(const char *file, const char *prefix, const char *base);

/* Appends the lines for consent; the second, of what the project of the settings has. */
void repository_reach(const struct repository *r, struct strv *out);
void repository_ask(const struct settings *s, struct strv *out);

/*
 * It is no reason to refuse a start that asked for nothing: where nobody can be asked, the box goes
 * without it unless `granted` has all of `lines`, with a note.
 */
void repository_settle(struct settings *s, const struct strv *lines, const struct strv *granted,
		       const struct reach_asker *asker);

/*
 * Paths beneath [sandbox] protect, which names them as if .git were the project's own, for a repository
 * that is not: absolute, made where they are missing.
 */
int repository_protect(const struct repository *r, const struct settings *s, struct strv *ret_paths,
		       struct err *e);

#endif
