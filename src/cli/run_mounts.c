/*
 * run_mounts.c - parsing the mounts of `sandbox run`.
 *
 * A mistyped directory is an error; it is not created, as Docker does.
 */
#include "cli/run_mounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/value.h"

/* At most three parts, the last with the rest; the caller frees each. Returns their number. */
static size_t split(const char *text, char *part[3])
{
	char *to = NULL;
	size_t n = 0;

	for (const char *c = text;; c++) {
		if (!to)
			to = part[n] = xcalloc(strlen(text) + 1, 1);
		if (*c == '\\' && c[1]) {
			*to++ = *++c;
		} else if (*c == ':' && n < 2) {
			n++;
			to = NULL;
		} else if (*c) {
			*to++ = *c;
		} else {
			return n + 1;
		}
	}
}

static char *absolute(const char *path)
{
	cleanup_free char *here = getcwd(NULL, 0);

	return path_normalize(here ? here : "/", path);
}

/* Parses mode, a comma-separated list or NULL. Words that only matter to Docker are ignored. */
static bool take_mode(const char *mode, bool *ret_read_only)
{
	static const char *const passed[] = {"rw",	   "z",	      "Z",	 "U",	   "cached",
					     "delegated",  "nocopy",  "exec",	 "nosuid", "nodev",
					     "consistent", "private", "rprivate"};
	cleanup_free char *words = xstrdup(mode);
	char *rest = words, *word;
	bool read_only = false;

	while ((word = strsep(&rest, ","))) {
		bool known = streq(word, "ro");

		read_only |= known;
		for (size_t i = 0; !known && i < ARRAY_SIZE(passed); i++)
			known = streq(word, passed[i]);
		if (!known)
			return false;
	}
	*ret_read_only = read_only;
	return true;
}

/* type=bind,source=A,target=B,readonly: docker-run(1). */
static int parse_keys(const char *text, struct extra_mount *ret, struct err *e)
{
	cleanup_free char *words = xstrdup(text);
	char *rest = words, *word, *source = NULL, *target = NULL;
	bool read_only = false, cache = false, known = true;

	while ((word = strsep(&rest, ","))) {
		char *value = strchr(word, '=');

		if (value)
			*value++ = '\0';
		if ((streq(word, "source") || streq(word, "src")) && value)
			source = value;
		else if ((streq(word, "target") || streq(word, "destination") ||
			  streq(word, "dst")) &&
			 value)
			target = value;
		else if (streq(word, "readonly") || streq(word, "ro"))
			read_only = !value || streq(value, "true") || streq(value, "1");
		else if (streq(word, "type") && value &&
			 (streq(value, "bind") || streq(value, "volume")))
			cache = streq(value, "volume");
		else if (!streq(word, "bind-propagation") && !streq(word, "consistency"))
			known = false;
	}
	if (known && source && target && target[0] == '/' && (!cache || value_name(source)))
		*ret = (struct extra_mount){.source = cache ? xstrdup(source) : absolute(source),
					    .target = path_normalize("/", target),
					    .read_only = read_only,
					    .cache = cache};
	return ret->source ? 0
			   : err_set(e, ERR_USAGE,
				     "--mount '%s' is not type=bind,source=SOURCE,target=TARGET"
				     "[,readonly] with an absolute target",
				     text);
}

static int parse_mount(const char *text, struct extra_mount *ret, struct err *e)
{
	char *part[3] = {NULL};
	size_t n;

	if (starts_with(text, "type=") || starts_with(text, "source=") || starts_with(text, "src="))
		return parse_keys(text, ret, e);
	n = split(text, part);
	if (n >= 2 && part[0][0] && part[1][0] == '/' &&
	    (n == 2 || streq(part[2], "ro") || streq(part[2], "rw")))
		*ret = (struct extra_mount){.source = absolute(part[0]),
					    .target = path_normalize("/", part[1]),
					    .read_only = n == 3 && streq(part[2], "ro")};
	for (size_t i = 0; i < 3; i++)
		free(part[i]);
	return ret->source ? 0
			   : err_set(e, ERR_USAGE,
				     "--mount '%s' is not SOURCE:TARGET[:ro] with an absolute "
				     "target",
				     text);
}

static int check_volume(const char *text, const struct extra_mount *m, struct err *e)
{
	if (!m->source)
		return err_set(e, ERR_USAGE,
			       "--volume '%s' is not SOURCE:TARGET[:ro] with an absolute target",
			       text);
	if (m->cache && !value_name(m->source))
		return err_set(e, ERR_USAGE,
			       "--volume '%s': '%s' is not a valid name; write './%s' for a "
			       "directory here",
			       text, m->source, m->source);
	if (!m->cache && access(m->source, F_OK) < 0 && errno == ENOENT)
		return err_set(e, ENOENT,
			       "--volume '%s': there is no '%s' (Docker would create a directory "
			       "there): create it first",
			       text, m->source);
	return 0;
}

/* A TARGET alone asks for storage that ends with the box, which is the case anyway. */
static int parse_volume(const char *text, struct extra_mount *m, struct err *e)
{
	char *part[3] = {NULL};
	size_t n = split(text, part);
	bool alone = n == 1 && part[0][0] == '/', read_only = false;

	if (n >= 2 && part[0][0] && part[1][0] == '/' &&
	    (n == 2 || take_mode(part[2], &read_only))) {
		bool cache = part[0][0] != '.' && !strchr(part[0], '/');

		*m = (struct extra_mount){.source = cache ? xstrdup(part[0]) : absolute(part[0]),
					  .target = path_normalize("/", part[1]),
					  .read_only = read_only,
					  .cache = cache};
	}
	for (size_t i = 0; i < 3; i++)
		free(part[i]);
	return alone ? 0 : check_volume(text, m, e);
}

int run_mounts_parse(const struct strv *mounts, const struct strv *volumes, struct run_mounts *out,
		     struct err *e)
{
	int r = 0;

	out->v = xcalloc(mounts->n + volumes->n, sizeof(*out->v));
	for (size_t i = 0; r == 0 && i < mounts->n; i++)
		r = parse_mount(mounts->v[i], &out->v[out->n++], e);
	for (size_t i = 0; r == 0 && i < volumes->n; i++) {
		r = parse_volume(volumes->v[i], &out->v[out->n], e);
		out->n += out->v[out->n].source != NULL;
	}
	return r;
}

void run_mounts_clear(struct run_mounts *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->v[i].source);
		free(m->v[i].target);
	}
	free(m->v);
	*m = (struct run_mounts){0};
}
