/*
 * change_view.c - how commands show the changes in a box.
 */
#include "cli/change_view.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "box/lifecycle.h"
#include "box/target.h"
#include "grant/obeyed_names.h"

#define QUOTED_MAX (4 * PATH_MAX + 16)

/* "file", "directory", "link", or the word of change_special(). */
static const char *type_of(const struct change *c)
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
	bool run = obeyed_is_path(c->path) || (path && obeyed_is_path(path));
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

void change_json(struct json *j, const struct change *c, const char *path)
{
	jsonout_string(j, "path", path ? path : c->path);
	jsonout_string(j, "change",
		       c->kind == CHANGE_ADDED	    ? "added"
		       : c->kind == CHANGE_MODIFIED ? "modified"
						    : "deleted");
	jsonout_string(j, "type", type_of(c));
	jsonout_string(j, "link", c->link);
	jsonout_number(j, "mode", c->st.st_mode & 07777);
	jsonout_number(j, "size", S_ISREG(c->st.st_mode) ? c->st.st_size : 0);
	jsonout_bool(j, "run", obeyed_is_path(c->path) || (path && obeyed_is_path(path)));
}

int change_box(const struct store *s, const char *word, bool trial, struct box *ret, struct err *e)
{
	cleanup_target struct target t = TARGET_INIT;
	int r = target_resolve(s, word, &t, e);

	if (r < 0)
		return r;
	if (!t.has_box && box_find_trial(s, t.dir, &t.box, e) == 0)
		t.has_box = true;
	if (!t.has_box && (trial || e->code != ENOENT))
		return -e->code;
	/* The overlays belong to directories that have moved: that is updated first. */
	if (t.has_box && t.box.moved_from && (r = box_check_ended(&t.box, e)) < 0)
		return r;
	return target_box(s, &t, ret, e);
}
