/*
 * build_workdir.c - the directories that WORKDIR makes, in an upper directory of their own.
 *
 * Promises that a symlink of the image leads nowhere else than it would in a box.
 */
#include "build/engine/build_workdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "build/copy_owner.h"
#include "build/engine/build_config.h"
#include "build/engine/build_files.h"
#include "build/engine/build_layer.h"
#include "image/layer/owner_mark.h"

/* Raised when a step of the same words makes something else. */
#define WORKDIR_MEANING 2

/* Makes the directory at path beneath the upper, as the one that is below it. */
static int copy_up(int upper, const struct view *below, const char *path, struct err *e)
{
	struct timespec times[2];
	struct stat st;
	size_t layer;
	int r = view_lookup(below, path, &layer, &st, e);

	if (r < 0)
		return r;
	times[0] = times[1] = st.st_mtim;
	if (mkdirat(upper, path, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, "cannot make '%s'", path);
	/* With u+rwx, as every directory of the store: we make others in it. */
	if (fchmodat(upper, path, (st.st_mode & 07777) | S_IRWXU, 0) < 0 ||
	    utimensat(upper, path, times, 0) < 0)
		return err_sys(e, errno, "cannot make '%s'", path);
	return 0;
}

/* All directories on the way, which exist. */
static int copy_way(int upper, const struct view *below, const char *path, struct err *e)
{
	int r = 0;

	for (const char *c = path; r == 0 && *c; c += *c == '/') {
		cleanup_free char *part = NULL;

		c += strcspn(c, "/");
		part = xstrndup(path, (size_t)(c - path));
		r = copy_up(upper, below, part, e);
	}
	return r;
}

/* Is the parent a set-gid directory? It is below, or new too. */
static bool inherits(int upper, const struct view *below, const char *path, uint32_t *ret_gid)
{
	const char *name = path_basename(path);
	cleanup_free char *parent = xstrndup(path, name > path ? (size_t)(name - path - 1) : 0);
	cleanup_close int dir = -1;
	struct err ignored;
	struct stat st;
	size_t layer;
	int at = view_lookup(below, parent, &layer, &st, &ignored) == 0 ? below->layers[layer]
									: upper;

	return path_open_nolinks(at, *parent ? parent : ".", O_RDONLY | O_DIRECTORY, 0, &dir,
				 &ignored) == 0 &&
	       copy_owner_inherits(dir, ret_gid);
}

/* user: the owner of what is made; NULL: root, and the group of a set-gid parent. */
static int make_new(int upper, const struct view *below, const char *path, const struct owner *user,
		    struct err *e)
{
	struct meta_entry made = {.type = 'd'};
	bool set_gid = inherits(upper, below, path, &made.gid);
	cleanup_close int fd = -1;
	int r;

	/* Whatever the caller's umask. */
	if (mkdirat(upper, path, 0755) < 0 ||
	    fchmodat(upper, path, 0755 | (set_gid ? S_ISGID : 0), 0) < 0)
		return err_sys(e, errno, "cannot make '%s'", path);
	r = path_open_nolinks(upper, path, O_RDONLY | O_DIRECTORY, 0, &fd, e);
	return r < 0 || user || !set_gid ? r : owner_mark(fd, &made, e);
}

/*
 * Resolves as much of the path as there is in the view, makes the rest. The upper stays empty if
 * there is nothing to make.
 */
static int make_missing(int upper, const struct view *below, const char *path,
			const struct owner *user, struct err *e)
{
	cleanup_free char *real = xstrdup("");
	bool exists = true;
	int r = 0;

	for (const char *c = path; r == 0 && *c;) {
		cleanup_free char *name = NULL, *next = NULL, *resolved = NULL;
		struct stat st;
		size_t layer;

		c += strspn(c, "/");
		name = xstrndup(c, strcspn(c, "/"));
		c += strlen(name);
		next = *real ? path_join(real, name) : xstrdup(name);
		r = exists ? view_resolve(below, next, &resolved, &layer, &st, e) : -ENOENT;
		if (r == 0 && !S_ISDIR(st.st_mode))
			return err_set(e, ENOTDIR, "'/%s' is not a directory", next);
		if (r == -ENOENT) {
			r = exists ? copy_way(upper, below, real, e) : 0;
			exists = false;
			if (r == 0)
				r = make_new(upper, below, next, user, e);
		}
		free(real);
		real = resolved ? take_ptr(resolved) : take_ptr(next);
	}
	return r;
}

/* As for --chown: the group of a number is the same number. */
static int find_owner(const struct build_files *files, const char *user, struct owner *ret,
		      struct err *e)
{
	const struct copy_tree stage = {
		.name = "the stage", .layers = files->layers, .metas = files->metas, .n = files->n};

	*ret = (struct owner){0};
	return *user ? copy_owner(&stage, user, ret, e) : 0;
}

static int make_layer(const struct build *b, struct build_layer *l, const char *path, int upper_fd,
		      struct build_state *s, struct err *e)
{
	cleanup_build_files struct build_files files = {0};
	struct build_upper upper = {.fd = upper_fd, .meta_fd = -1};
	const char *user = build_state_text(s, "User");
	int r = build_files_open(s, b->req->store, &files, e);
	struct owner owner;
	struct view view;

	if (r < 0)
		return r;
	view = build_files_view(&files);
	r = find_owner(&files, user, &owner, e);
	if (r < 0)
		return r;
	upper.uid = owner.uid;
	upper.gid = owner.gid;
	r = make_missing(upper_fd, &view, path, *user ? &owner : NULL, e);
	return r < 0 ? r : build_layer_make(b, l, &upper, s, e);
}

static int make_dirs(const struct build *b, struct build_layer *l, const char *path,
		     struct build_state *s, struct err *e)
{
	cleanup_free char *tmp = NULL;
	cleanup_close int upper = -1;
	struct err ignored;
	int r = image_store_tmpdir(b->req->store, &tmp, &upper, e);

	if (r == 0)
		r = make_layer(b, l, path, upper, s, e);
	if (tmp)
		file_remove_tree(b->req->store->fd, tmp, &ignored);
	return r;
}

int build_workdir_step(struct build *b, struct build_state *s, const char *path, const char *title,
		       struct err *e)
{
	cleanup_build_layer struct build_layer l = {0};
	cleanup_free char *whole = build_config_workdir(s, path);
	cleanup_free char *text = xasprintf("WORKDIR\nmeaning %d\nowner %s\n%s\n", WORKDIR_MEANING,
					    build_state_text(s, "User"), whole);
	cleanup_free char *line = xasprintf("WORKDIR %s", whole);
	bool layer = !streq(whole, "/");
	int found = 0, r = 0;

	if (layer) {
		build_layer_init(b, s, text, &l);
		r = found = b->fresh ? 0 : build_layer_find(b, &l, s, e);
		if (r == 0)
			r = build_may_make(b, e);
		if (r == 0 && !found)
			r = make_dirs(b, &l, whole, s, e);
		if (r >= 0 && found)
			build_note_found(b, title);
		else if (r == 0)
			build_note_made(b, title);
	}
	if (r < 0)
		return r;
	build_state_history(s, line, layer, false, layer ? l.made : BUILD_NO_TIME);
	return 0;
}
