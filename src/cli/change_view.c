/*
 * change_view.c - how commands show what has changed in a box.
 */
#include "cli/change_view.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "box/project.h"

#define QUOTED_MAX (4 * PATH_MAX + 16)

const char *change_type(const struct change *c)
{
	const char *special = change_special(c);

	return special			? special
	       : S_ISDIR(c->st.st_mode) ? "folder"
	       : S_ISLNK(c->st.st_mode) ? "link"
					: "file";
}

void change_print(const struct change *c, const char *path)
{
	const char *special = change_special(c);
	bool run = change_is_run(c->path) || (path && change_is_run(path));
	char quoted[QUOTED_MAX];

	printf("%c %c %s%s", run ? '!' : ' ', c->kind,
	       err_quote(quoted, sizeof(quoted), path ? path : c->path),
	       S_ISDIR(c->st.st_mode) ? "/" : "");
	if (c->link)
		printf(" -> %s", err_quote(quoted, sizeof(quoted), c->link));
	if (special)
		printf(" (%s)", special);
	else if (c->kind != CHANGE_DELETED && c->st.st_mode & (S_ISUID | S_ISGID))
		printf(" (set-id)");
	putchar('\n');
}

int change_box(const struct store *s, const char *word, bool trial, struct box *ret, struct err *e)
{
	cleanup_free char *dir = NULL;
	int r;

	if (word && !strchr(word, '/') && !streq(word, ".") && !streq(word, ".."))
		return box_find(s, word, ret, e);
	r = project_folder(s, word, &dir, e);
	if (r == 0)
		r = box_find_trial(s, dir, ret, e);
	return r == -ENOENT && dir && !trial ? box_find_project(s, dir, ret, e) : r;
}
