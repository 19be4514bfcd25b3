/*
 * apply_undo.c - selecting applied changes, checking them, and undoing them.
 */
#include "cli/apply_undo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/path.h"
#include "base/usage.h"
#include "box/lifecycle.h"
#include "box/target.h"
#include "changes/apply.h"
#include "changes/undo.h"
#include "cli/ask/ask.h"

/* What to undo of one project. */
struct taking {
	struct undo undo;
	struct strv paths;     /* absolute; empty: all */
	struct undo_entry **v; /* last first */
	bool *changed;
	size_t n;
};

static void taking_clear(struct taking *t)
{
	undo_close(&t->undo);
	strv_clear(&t->paths);
	free(t->v);
	free(t->changed);
}

/* Its path on the host: symlinks on the way resolved, but not in the last component. */
static char *absolute(const char *word)
{
	cleanup_free char *here = getcwd(NULL, 0), *plain = path_normalize(here ? here : "/", word),
			  *dir = path_normalize(plain, ".."), *real = realpath(dir, NULL);

	return real ? path_join(streq(real, "/") ? "" : real, path_basename(plain))
		    : xstrdup(plain);
}

/*
 * The project that something was applied to, at path or above it; NULL if there is none. The caller
 * frees it.
 */
static char *find_above(const struct store *s, const char *path)
{
	char *dir = xstrdup(path), *slash;

	while (!undo_exists(s, dir)) {
		slash = strrchr(dir, '/');
		if (!slash || slash == dir) {
			free(dir);
			return NULL;
		}
		*slash = '\0';
	}
	return dir;
}

/* Resolves a word as other commands do; works for a trial that is gone, too. */
static int find_target(const struct store *s, const char *word, char **ret, struct err *e)
{
	cleanup_target struct target t = TARGET_INIT;
	int r = target_resolve(s, word, &t, e);

	if (r < 0)
		return r;
	*ret = xstrdup(t.has_box ? apply_undo_key(&t.box) : t.dir);
	return 0;
}

/* A plain name may be a box's, whatever the current directory is. */
static bool find_box(const struct store *s, const char *word, char **ret)
{
	cleanup_box struct box b = BOX_INIT;
	struct err ignored;

	if (strchr(word, '/') || box_find_named(s, word, false, &b, &ignored) < 0)
		return false;
	*ret = xstrdup(apply_undo_key(&b));
	return true;
}

/* Finds the project and the paths to undo. */
static int find(const struct store *s, const struct apply_undo *o, char **ret_of,
		struct strv *paths, struct err *e)
{
	cleanup_free char *of = NULL;

	if (!o->n)
		return find_target(s, NULL, ret_of, e);
	if (o->n == 1 && find_box(s, o->words[0], ret_of))
		return 0;
	for (size_t i = 0; i < o->n; i++) {
		cleanup_free char *path = absolute(o->words[i]), *above = find_above(s, path);

		if (!above && o->n == 1)
			return find_target(s, o->words[0], ret_of, e);
		if (!above || (of && !streq(of, above)))
			return err_set(e, ENOENT, "there is nothing kept to undo for '%s'",
				       o->words[i]);
		if (!streq(path, above))
			strv_push(paths, path);
		if (!of)
			of = take_ptr(above);
	}
	*ret_of = take_ptr(of);
	return 0;
}

static char *path_of(const struct undo_entry *entry)
{
	return path_join(streq(entry->folder, "/") ? "" : entry->folder, entry->rel);
}

static bool is_meant(const struct taking *t, const struct undo_entry *entry)
{
	cleanup_free char *path = path_of(entry);

	for (size_t i = 0; i < t->paths.n; i++)
		if (path_is_beneath(path, t->paths.v[i]))
			return true;
	return !t->paths.n;
}

/* Last first; skips what was already undone, or never done. Returns how many were changed since. */
static int choose(struct taking *t, struct err *e)
{
	int n_changed = 0;

	t->v = xcalloc(t->undo.n + 1, sizeof(struct undo_entry *));
	t->changed = xcalloc(t->undo.n + 1, sizeof(*t->changed));
	for (size_t i = t->undo.n; i-- > 0;) {
		struct undo_entry *entry = &t->undo.v[i];
		bool done, changed;

		if (entry->back || !is_meant(t, entry) || !undo_is_last(&t->undo, i))
			continue;
		if (undo_changed(&t->undo, entry, &changed, &done, e) < 0)
			return -e->code;
		if (done)
			continue;
		t->changed[t->n] = changed;
		n_changed += changed;
		t->v[t->n++] = entry;
	}
	return n_changed;
}

/* The kind of change on the host. */
static char letter(const struct undo_entry *entry)
{
	return entry->kind == UNDO_ADDED ? 'D' : entry->kind == UNDO_REMOVED ? 'A' : 'M';
}

static void list_json(const struct taking *t)
{
	struct json j = JSON_INIT;

	jsonout_array_begin(&j, NULL);
	for (size_t i = 0; i < t->n; i++) {
		cleanup_free char *path = path_of(t->v[i]);
		char kind = letter(t->v[i]);

		jsonout_object_begin(&j, NULL);
		jsonout_string(&j, "path", path);
		jsonout_string(&j, "change",
			       kind == 'A'   ? "added"
			       : kind == 'M' ? "modified"
					     : "deleted");
		jsonout_bool(&j, "changed_since", t->changed[i]);
		jsonout_object_end(&j);
	}
	jsonout_array_end(&j);
	jsonout_print(&j);
}

static void list(const struct taking *t, bool json)
{
	if (json) {
		list_json(t);
		return;
	}
	for (size_t i = 0; i < t->n; i++) {
		cleanup_free char *path = path_of(t->v[i]), *quoted = err_quote_all(path);

		printf("  %c %s%s%s\n", letter(t->v[i]), quoted,
		       S_ISDIR(t->v[i]->st.st_mode) ? "/" : "",
		       t->changed[i] ? " (changed since)" : "");
	}
}

int apply_confirm(bool yes, const char *question, const char *done, struct err *e)
{
	int r = 0;

	if (!yes && (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)))
		return err_set(
			e, EPERM,
			"there is no terminal to ask on, so %s: add --yes to agree to all of this",
			done);
	fflush(stdout);
	if (!yes)
		r = ask_yes(question, &yes, e);
	return r == 0 && !yes ? err_set(e, ECANCELED, "%s", done) : r;
}

/* The directory below a running trial must not change. */
static int check_trial(const struct store *s, const char *of, struct err *e)
{
	cleanup_box struct box b = BOX_INIT;
	struct err ignored;

	return box_find_trial(s, of, &b, &ignored) == 0 ? box_check_ended(&b, e) : 0;
}

/* Undoes each path from its last entry to its first, which has the original file. */
static int take_back(struct taking *t, struct err *e)
{
	for (size_t i = t->undo.n; i-- > 0;) {
		struct undo_entry *entry = &t->undo.v[i];
		int r = entry->back || !is_meant(t, entry) ? 0 : undo_back(&t->undo, entry, e);

		if (r < 0)
			return err_add(e, "not everything is undone: the same command continues");
	}
	return 0;
}

static bool is_used_up(const struct undo *u)
{
	for (size_t i = 0; i < u->n; i++)
		if (!u->v[i].back)
			return false;
	return true;
}

int apply_undo(const struct store *s, const struct apply_undo *o, struct err *e)
{
	__attribute__((cleanup(taking_clear))) struct taking t = {.undo = UNDO_INIT};
	cleanup_free char *of = NULL;
	int n_changed;
	int r = find(s, o, &of, &t.paths, e);

	if (r == 0)
		r = undo_open(s, of, &t.undo, e);
	if (r == 0)
		r = check_trial(s, of, e);
	if (r < 0)
		return r;
	n_changed = choose(&t, e);
	if (n_changed < 0)
		return n_changed;
	list(&t, o->json);
	if (!t.n)
		log_note("there is nothing to undo");
	if (o->dry_run)
		return 0;
	if (n_changed && !o->force)
		return err_set(e, EEXIST,
			       "%d of these have changed since: --force overwrites them, or name "
			       "the others",
			       n_changed);
	if (t.n)
		r = apply_confirm(o->yes, "undo all of this?", "nothing was undone", e);
	if (r == 0)
		r = take_back(&t, e);
	return r == 0 && is_used_up(&t.undo) ? undo_forget(s, &t.undo, e) : r;
}

int apply_forget(const struct store *s, const struct apply_undo *o, struct err *e)
{
	cleanup_strv struct strv paths = {0};
	cleanup_undo struct undo u = UNDO_INIT;
	cleanup_free char *of = NULL;
	int r = find(s, o, &of, &paths, e);

	if (r == 0 && paths.n)
		return err_set(e, ERR_USAGE, "--forget takes a project, not paths");
	if (r == 0)
		r = undo_open(s, of, &u, e);
	if (r < 0 && r != -EUCLEAN)
		return r;
	if (r == 0)
		log_note("removed %s that was kept", size_text(undo_size(&u)).s);
	return r == 0 ? undo_forget(s, &u, e) : undo_drop(s, of, e);
}
