/*
 * copy_find.c - resolves a source beneath the tree's top.
 *
 * The rules are BuildKit's: ".." is removed from the text first, so that nothing leads above the
 * top; a symlink that the source names is followed, also if a pattern found it; patterns are
 * compared with one component each, and pass no symlink on their way.
 */
#include "build/copy_find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "build/glob.h"

bool copy_find_is_pattern(const char *path)
{
	for (; *path; path++) {
		if (*path == '\\' && path[1])
			path++;
		else if (strchr("*?[", *path))
			return true;
	}
	return false;
}

size_t copy_find_prefix(const char *path)
{
	size_t end = 0;

	for (;;) {
		size_t next = end + (end > 0), n = strcspn(path + next, "/");
		cleanup_free char *name = xstrndup(path + next, n);

		if (!n || copy_find_is_pattern(name))
			return end;
		end = next + n;
		if (!path[end])
			return end;
	}
}

/* To Go's filepath.Match, two stars are one. */
static int read_pattern(const char *text, struct glob *ret, struct err *e)
{
	cleanup_buf struct buf single = BUF_INIT;

	for (; *text; text++) {
		if (*text == '*' && text[1] == '*')
			continue;
		buf_addch(&single, *text);
		if (*text == '\\' && text[1])
			buf_addch(&single, *++text);
	}
	return glob_path(single.data, ret, e);
}

static bool matches_all(const struct glob *g, const char *name)
{
	cleanup_glob_text struct glob_text text = {0};

	glob_text_read(name, &text);
	return glob_prefix(g, &text, 0, true) == text.n;
}

static char *join(const char *dir, const char *name)
{
	return *dir ? path_join(dir, name) : xstrdup(name);
}

/* Appends what matches the pattern in a directory of the tree. */
static int match(const struct copy_view *v, const char *dir, const char *pattern, struct strv *out,
		 struct err *e)
{
	size_t n = strcspn(pattern, "/");
	cleanup_free char *first = xstrndup(pattern, n);
	const char *rest = pattern[n] ? pattern + n + 1 : NULL;
	cleanup_strv struct strv names = {0};
	cleanup_glob struct glob g = {0};
	int r = read_pattern(first, &g, e);

	if (r == 0)
		r = view_list(&v->view, dir, &names, e);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		cleanup_free char *path = join(dir, names.v[i]);
		struct stat st;
		size_t layer;

		if (!matches_all(&g, names.v[i]))
			continue;
		if (!rest)
			strv_push(out, path);
		else if (view_lookup(&v->view, path, &layer, &st, e) < 0)
			r = -e->code;
		else if (S_ISDIR(st.st_mode))
			r = match(v, path, rest, out, e);
	}
	return r;
}

static int resolve(const struct copy_view *v, const char *path, char **ret_real, struct err *e)
{
	struct stat st;
	size_t layer;

	return view_resolve(&v->view, path, ret_real, &layer, &st, e);
}

int copy_find(const struct copy_view *v, const char *source, struct strv *reals, struct strv *names,
	      struct err *e)
{
	cleanup_free char *clean = path_normalize("/", source), *dir = NULL, *real = NULL;
	cleanup_strv struct strv found = {0};
	const char *path = clean + 1;
	size_t n = copy_find_prefix(path);
	int r = 0;

	if (!path[n]) {
		strv_push(&found, path);
	} else {
		dir = xstrndup(path, n);
		r = resolve(v, dir, &real, e);
		if (r == 0)
			r = match(v, real, path + n + (n > 0), &found, e);
	}
	for (size_t i = 0; r == 0 && i < found.n; i++) {
		char *at = NULL;

		r = resolve(v, found.v[i], &at, e);
		if (r < 0)
			break;
		strv_push_take(reals, at);
		strv_push(names, path_basename(found.v[i]));
	}
	return r;
}
