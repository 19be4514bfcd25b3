/*
 * overlays.c - the directories of overlays, and the notes that identify them.
 */
#include "box/overlays.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/kv.h"
#include "base/new_file.h"
#include "base/path.h"

#define FOLDER "overlays"
#define NOTE   "of"

static int make_dir(const struct store *s, const char *path, mode_t mode, struct err *e)
{
	if (mkdirat(s->data_fd, path, mode) < 0 && errno != EEXIST)
		return err_sys(e, errno, "cannot make '%s/%s'", s->data, path);
	return 0;
}

static bool says(const struct kv *note, const char *key, const char *value)
{
	const char *noted = kv_get(note, key);

	return noted && streq(noted, value);
}

/* Writes the note, or checks that the existing one is the same. */
static int write_note(const struct store *s, const struct box *b, const char *folder,
		      const char *target, const char *source, struct err *e)
{
	cleanup_free char *path = path_join(folder, NOTE);
	cleanup_kv struct kv have = {0}, note = {0};
	int r = kv_read(&have, s->data_fd, path, e);

	if (r == -ENOENT) {
		kv_set(&note, "target", target);
		kv_set(&note, "source", source);
		return b->temporary ? kv_write_passing(&note, s->data_fd, path, e)
				    : kv_write(&note, s->data_fd, path, e);
	}
	if (r == 0 && !(says(&have, "target", target) && says(&have, "source", source)))
		return err_set(e, EEXIST, "the overlay of '%s' on '%s' has the key of another one",
			       source, target);
	return r;
}

static char *overlay_path(const struct box *b, const char *target, const char *source)
{
	cleanup_free char *whole = xasprintf("%s\n%s", target, source);

	return xasprintf("boxes/%s/" FOLDER "/%s", b->id, store_key(whole).hex);
}

/* Renames the overlay if it has a name of another format: its note has target and source. */
static int adopt(const struct store *s, const struct box *b, const char *path, const char *target,
		 const char *source, struct err *e)
{
	__attribute__((cleanup(overlays_clear))) struct box_overlays all = {0};
	int r = overlays_list(s, b, &all, e);

	for (size_t i = 0; r == 0 && i < all.n; i++)
		if (streq(all.v[i].target, target) && streq(all.v[i].source, source) &&
		    renameat(s->data_fd, all.v[i].path, s->data_fd, path) < 0)
			r = err_sys(e, errno, "cannot rename '%s/%s'", s->data, all.v[i].path);
	return r;
}

int overlay_make(const struct store *s, const struct box *b, const char *target, const char *source,
		 char **ret, struct err *e)
{
	cleanup_free char *all = xasprintf("boxes/%s/" FOLDER, b->id);
	cleanup_free char *path = overlay_path(b, target, source);
	cleanup_free char *upper = path_join(path, "upper"), *work = path_join(path, "work");
	int r = make_dir(s, all, 0700, e);

	if (r == 0 && !b->temporary && faccessat(s->data_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		r = adopt(s, b, path, target, source, e);
	if (r == 0)
		r = make_dir(s, path, 0700, e);
	if (r == 0)
		r = write_note(s, b, path, target, source, e);
	if (r == 0)
		r = make_dir(s, upper, 0755, e);
	if (r == 0)
		r = make_dir(s, work, 0700, e);
	if (r == 0)
		*ret = take_ptr(path);
	return r;
}

static int add(const struct store *s, const char *path, struct box_overlays *ret, struct err *e)
{
	cleanup_free char *note = path_join(path, NOTE);
	cleanup_kv struct kv kv = {0};
	const char *target, *source;
	int r = kv_read(&kv, s->data_fd, note, e);

	/* It was being made or dropped when the process was killed: nothing was written to it. */
	if (r == -ENOENT)
		return 0;
	target = kv_get(&kv, "target");
	source = kv_get(&kv, "source");
	if (r < 0 || !target || !source || target[0] != '/' || source[0] != '/')
		return r < 0 ? r : err_set(e, EUCLEAN, "the note '%s' is damaged", note);
	ret->v = xrealloc(ret->v, ret->n + 1, sizeof(*ret->v));
	ret->v[ret->n++] = (struct box_overlay){
		.path = xstrdup(path), .target = xstrdup(target), .source = xstrdup(source)};
	return 0;
}

static int by_target(const void *a, const void *b)
{
	return strcmp(((const struct box_overlay *)a)->target,
		      ((const struct box_overlay *)b)->target);
}

int overlays_list(const struct store *s, const struct box *b, struct box_overlays *out,
		  struct err *e)
{
	cleanup_free char *all = xasprintf("boxes/%s/" FOLDER, b->id);
	cleanup_dir struct dir d = {0};
	int r = dir_open(&d, s->data_fd, all, e);

	if (r < 0)
		return r == -ENOENT ? 0 : err_add(e, "'%s'", s->data);
	while (r == 0 && (r = dir_next(&d, e)) > 0) {
		cleanup_free char *path = path_join(all, d.name);

		r = d.name[0] == '.' ? 0 : add(s, path, out, e);
	}
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_target);
	return r;
}

/* path with its leading directory `from` replaced by `to`; the caller frees it. */
static char *moved(const char *path, const char *from, const char *to)
{
	return path_is_beneath(path, from) ? xasprintf("%s%s", to, path + strlen(from))
					   : xstrdup(path);
}

static int move_one(const struct store *s, const struct box *b, const struct box_overlay *o,
		    const char *from, const char *to, struct err *e)
{
	cleanup_free char *note = path_join(o->path, NOTE), *source = moved(o->source, from, to);
	/* It is mounted at the same path, unless the project says otherwise. */
	cleanup_free char *target = moved(o->target, from, to);
	cleanup_free char *path = overlay_path(b, target, source);
	cleanup_kv struct kv kv = {0};
	int r = 0;

	kv_set(&kv, "target", target);
	kv_set(&kv, "source", source);
	if (!streq(source, o->source) || !streq(target, o->target))
		r = kv_write(&kv, s->data_fd, note, e);
	if (r == 0 && !streq(path, o->path) && renameat(s->data_fd, o->path, s->data_fd, path) < 0)
		r = err_sys(e, errno, "cannot rename '%s/%s'", s->data, o->path);
	return r;
}

int overlays_move(const struct store *s, const struct box *b, const char *from, const char *to,
		  struct err *e)
{
	__attribute__((cleanup(overlays_clear))) struct box_overlays all = {0};
	int r = overlays_list(s, b, &all, e);

	for (size_t i = 0; r == 0 && i < all.n; i++)
		r = move_one(s, b, &all.v[i], from, to, e);
	return r;
}

void overlays_clear(struct box_overlays *o)
{
	for (size_t i = 0; i < o->n; i++) {
		free(o->v[i].path);
		free(o->v[i].target);
		free(o->v[i].source);
	}
	free(o->v);
	*o = (struct box_overlays){0};
}

/*
 * Moved away first: half an upper directory would show deleted files, or delete others. If we are
 * killed before the rest, the sweep of tmp/ does it.
 */
int overlay_drop(const struct store *s, const struct box_overlay *o, struct err *e)
{
	cleanup_free char *all = xstrndup(o->path, (size_t)(path_basename(o->path) - o->path));
	int r = store_discard(s, o->path, e);

	return r < 0 ? r : sync_dir(s->data_fd, all, e);
}
