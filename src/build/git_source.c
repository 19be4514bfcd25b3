/*
 * git_source.c - see git_source.h.
 */
#include "build/git_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "build/values.h"

#define DIGITS "0123456789abcdef"

void git_source_clear(struct git_source *s)
{
	free(s->url);
	free(s->shown);
	free(s->ref);
	free(s->subdir);
	free(s->checksum);
	*s = (struct git_source){0};
}

bool git_is_commit(const char *ref)
{
	size_t n = strspn(ref, DIGITS);

	return !ref[n] && (n == 40 || n == 64);
}

/* As git-check-ref-format(1) has it, as far as it matters: nothing that means more than a name. */
static bool is_ref(const char *s)
{
	return *s && *s != '-' && *s != '/' && !strpbrk(s, "~^:?*[\\") && !strstr(s, "..") &&
	       !strstr(s, "@{");
}

static int set_ref(struct git_source *s, const char *prefix, const char *value, struct err *e)
{
	if (s->ref)
		return err_set(e, ERR_USAGE, "it names two refs, '%s' and '%s'", s->ref, value);
	if (!is_ref(value))
		return err_set(e, ERR_USAGE, "'%s' is not the name of a branch, a tag or a commit",
			       value);
	s->ref = xasprintf("%s%s", prefix, value);
	return 0;
}

static int set_subdir(struct git_source *s, const char *value, struct err *e)
{
	if (s->subdir)
		return err_set(e, ERR_USAGE, "it names two directories, '%s' and '%s'", s->subdir,
			       value);
	if (*value)
		s->subdir = xstrdup(value);
	return 0;
}

static int set_checksum(struct git_source *s, const char *value, struct err *e)
{
	size_t n = strspn(value, DIGITS);

	if (value[n] || n < 7 || n >= GIT_COMMIT_MAX)
		return err_set(e, ERR_USAGE, "'%s' is not a commit", value);
	free(s->checksum);
	s->checksum = xstrdup(value);
	return 0;
}

static int set_field(struct git_source *s, const char *key, const char *value, struct err *e)
{
	if (streq(key, "ref"))
		return set_ref(s, "", value, e);
	if (streq(key, "branch"))
		return set_ref(s, "refs/heads/", value, e);
	if (streq(key, "tag"))
		return set_ref(s, "refs/tags/", value, e);
	if (streq(key, "subdir"))
		return set_subdir(s, value, e);
	if (streq(key, "checksum") || streq(key, "commit"))
		return set_checksum(s, value, e);
	if (streq(key, "keep-git-dir"))
		return values_bool(key, value, &s->keep_git_dir, e);
	if (streq(key, "submodules"))
		return values_bool(key, value, &s->submodules, e);
	return err_set(e, ERR_USAGE,
		       "'%s' is unknown; expected ref, branch, tag, subdir, checksum, keep-git-dir "
		       "or submodules",
		       key);
}

/* KEY=VALUE&KEY=VALUE; a key alone is true. */
static int read_query(struct git_source *s, char *query, struct err *e)
{
	char *field;
	int r = 0;

	while (r == 0 && (field = strsep(&query, "&"))) {
		char *key = strsep(&field, "=");

		if (*key)
			r = set_field(s, key, field ? field : "true", e);
	}
	return r;
}

/* REF:DIRECTORY, both of which may be empty. */
static int read_fragment(struct git_source *s, char *fragment, struct err *e)
{
	char *ref = strsep(&fragment, ":");
	int r = *ref ? set_ref(s, "", ref, e) : 0;

	return r == 0 && fragment ? set_subdir(s, fragment, e) : r;
}

/* The URL without what is before an '@' of its host. */
static char *without_user(const char *url)
{
	const char *host = strstr(url, "://"), *at;

	if (!host)
		return xstrdup(url);
	host += 3;
	at = memrchr(host, '@', strcspn(host, "/"));
	return at ? xasprintf("%.*s%s", (int)(host - url), url, at + 1) : xstrdup(url);
}

static int check_text(const char *text, struct err *e)
{
	const char *at = strchr(text, '@');

	for (const char *c = text; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return err_set(e, ERR_USAGE, "it has a blank or a control character");
	if (*text == '-' || (at && at[1] == '-'))
		return err_set(e, ERR_USAGE, "a name in it begins with a dash");
	return 0;
}

static int parse(const char *text, struct git_source *s, struct err *e)
{
	cleanup_free char *copy = xstrdup(text);
	char *fragment = copy, *query = NULL, *url;
	int r = check_text(text, e);

	if (r < 0)
		return r;
	s->submodules = true;
	url = strsep(&fragment, "#");
	/* USER@HOST:PATH has no query. */
	if (strstr(url, "://")) {
		query = url;
		url = strsep(&query, "?");
	}
	s->url = xstrdup(url);
	s->shown = without_user(url);
	s->by_ssh = starts_with(url, "ssh://") || !strstr(url, "://");
	if (query)
		r = read_query(s, query, e);
	return r == 0 && fragment ? read_fragment(s, fragment, e) : r;
}

int git_source_parse(const char *text, struct git_source *ret, struct err *e)
{
	int r = parse(text, ret, e);

	return r < 0 ? err_add(e, "the git repository '%s'", ret->shown ? ret->shown : text) : 0;
}

int git_check_commit(const char *commit, const char *checksum, struct err *e)
{
	if (!checksum || starts_with(commit, checksum))
		return 0;
	return err_set(e, EBADMSG, "it is commit %s, --checksum says %s", commit, checksum);
}

/* Looks for a line "COMMIT\tNAME". */
static bool find(const char *refs, const char *prefix, const char *ref, const char *suffix,
		 char ret[GIT_COMMIT_MAX])
{
	cleanup_free char *name = xasprintf("%s%s%s", prefix, ref, suffix);
	size_t n = strlen(name), len;

	for (; *refs; refs += len + (refs[len] == '\n')) {
		size_t digits = strspn(refs, DIGITS);

		len = strcspn(refs, "\n");
		if ((digits != 40 && digits != 64) || refs[digits] != '\t' ||
		    len != digits + 1 + n || strncmp(refs + digits + 1, name, n) != 0)
			continue;
		memcpy(ret, refs, digits);
		ret[digits] = '\0';
		return true;
	}
	return false;
}

int git_find_commit(const char *refs, const char *ref, char ret[GIT_COMMIT_MAX], struct err *e)
{
	static const char *const prefixes[] = {"", "refs/", "refs/heads/", "refs/tags/"};

	if (!ref)
		ref = "HEAD";
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (find(refs, prefixes[i], ref, "^{}", ret) ||
		    find(refs, prefixes[i], ref, "", ret))
			return 0;
	return err_set(e, ENOENT, "it has no branch, tag or ref '%s'", ref);
}
