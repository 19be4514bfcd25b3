/*
 * git_source.h - a git repository as a source of ADD, or as the context of a build.
 *
 * The forms are Docker's: a URL, or USER@HOST:PATH, then #REF:DIRECTORY, or a query such as
 * ?branch=main&subdir=src. Nothing is looked up. What is refused could be taken for an option of git.
 */
#ifndef BUILD_GIT_SOURCE_H
#define BUILD_GIT_SOURCE_H

#include <stdbool.h>

#include "base/err.h"

#define GIT_COMMIT_MAX 65 /* digits of a SHA-256, and a NUL */

struct git_source {
	char *url;	/* for git */
	char *shown;	/* without a user and a password */
	char *ref;	/* a branch, a tag, another ref or a commit; NULL: HEAD */
	char *subdir;	/* NULL: all of it */
	char *checksum; /* the beginning of the commit's digits; NULL: any commit */
	bool keep_git_dir, submodules;
	bool by_ssh;
};

/* ERR_USAGE. Release *ret with git_source_clear(), on failure too. */
int git_source_parse(const char *text, struct git_source *ret, struct err *e);
void git_source_clear(struct git_source *s);
#define cleanup_git_source __attribute__((cleanup(git_source_clear)))

/* Is it the name of a commit, with all its digits? */
bool git_is_commit(const char *ref);

/* Refuses a commit that does not begin with the checksum; NULL: takes any. EBADMSG. */
int git_check_commit(const char *commit, const char *checksum, struct err *e);

/*
 * The commit of a ref in the output of `git ls-remote`: a branch comes before a tag, and of a tag
 * what it points to counts. ENOENT: there is none.
 */
int git_find_commit(const char *refs, const char *ref, char ret[GIT_COMMIT_MAX], struct err *e);

#endif
