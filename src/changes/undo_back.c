/*
 * undo_back.c - undoing an apply, change by change.
 *
 * By now the host's directories may contain symlinks that code in a box has put there: none is
 * followed.
 */
#include "changes/undo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/copy_whole.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "changes/changes.h"

#define TMP ".sandbox-undo"

struct number {
	char s[16];
};

static struct number number_of(const struct undo_entry *entry)
{
	struct number n;

	snprintf(n.s, sizeof(n.s), "%u", entry->kept);
	return n;
}

static int open_parent(const struct undo_entry *entry, bool make, int *ret_fd, struct err *e)
{
	cleanup_free char *dir = xstrndup(entry->rel,
					  (size_t)(path_basename(entry->rel) - entry->rel));
	cleanup_close int folder = -1;
	const char *path = *dir ? dir : ".";
	int r = changes_open_host(entry->folder, &folder, e);

	if (r < 0)
		return r;
	return make ? path_mkdirs_nolinks(folder, path, 0755, ret_fd, e)
		    : path_open_nolinks(folder, path, O_PATH | O_DIRECTORY, 0, ret_fd, e);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	if ((a->st_mode & S_IFMT) != (b->st_mode & S_IFMT))
		return false;
	return S_ISDIR(a->st_mode) ||
	       (a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
		a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
		(S_ISLNK(a->st_mode) || (a->st_mode & 0777) == (b->st_mode & 0777)));
}

static bool is_same_tree(const struct stat *a, const struct stat *b)
{
	return is_same(a, b) && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/*
 * Returns 1 and its status, 0 if it does not exist, or -errno. If a component on the way is a
 * symlink or not a directory, it does not exist.
 */
static int look(int dirfd, const char *name, struct stat *ret)
{
	if (fstatat(dirfd, name, ret, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
}

static int look_there(const struct undo_entry *entry, struct stat *ret)
{
	cleanup_close int parent = -1;
	struct err ignored;
	int r = open_parent(entry, false, &parent, &ignored);

	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR || r == -ELOOP ? 0 : r;
	return look(parent, path_basename(entry->rel), ret);
}

int undo_changed(const struct undo *u, const struct undo_entry *entry, bool *ret_changed,
		 bool *ret_done, struct err *e)
{
	struct number n = number_of(entry);
	struct stat now, kept;
	int there = look_there(entry, &now), has = there < 0 ? there : look(u->dir, n.s, &kept);

	if (has < 0)
		return err_sys(e, -has, "cannot look at '%s/%s'", entry->folder, entry->rel);
	*ret_done = false;
	*ret_changed = true;
	switch (entry->kind) {
	case UNDO_ADDED:
		*ret_done = !there;
		*ret_changed = there && !is_same(&now, &entry->st);
		break;
	case UNDO_REPLACED:
		*ret_done = there && has && is_same(&now, &kept);
		*ret_changed = !*ret_done && !(there && has && is_same(&now, &entry->st));
		break;
	case UNDO_REMOVED:
		/* Moved back, or copied with its times. */
		*ret_done = there && (!has || is_same_tree(&now, &kept));
		*ret_changed = !*ret_done && there == has;
		break;
	case UNDO_MODE:
		*ret_done = there && (now.st_mode & 0777) == (entry->st.st_mode & 0777);
		*ret_changed = !there || !S_ISDIR(now.st_mode);
		break;
	}
	return 0;
}

bool undo_is_last(const struct undo *u, size_t i)
{
	for (size_t j = i + 1; j < u->n; j++)
		if (streq(u->v[j].rel, u->v[i].rel) && streq(u->v[j].folder, u->v[i].folder))
			return false;
	return true;
}

/* A directory may also contain files of others. */
static int remove_added(const struct undo_entry *entry, int parent, const char *name, struct err *e)
{
	int flags = S_ISDIR(entry->st.st_mode) ? AT_REMOVEDIR : 0;

	if (unlinkat(parent, name, flags) == 0 || errno == ENOENT)
		return 0;
	if (flags && (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)) {
		log_note("'%s/%s' is not empty and stays", entry->folder, entry->rel);
		return 0;
	}
	return err_sys(e, errno, "cannot remove '%s/%s'", entry->folder, entry->rel);
}

/* Atomically; the kept file stays until everything is dropped, so that this can be repeated. */
static int put_file(struct undo *u, const struct undo_entry *entry, int parent, const char *name,
		    struct err *e)
{
	struct number n = number_of(entry);
	int r = copy_whole(u->dir, n.s, parent, TMP, e);

	if (r < 0)
		return r;
	/* Two names of one file: rename(2) would leave both. */
	if (renameat(parent, TMP, parent, name) < 0) {
		r = err_sys(e, errno, "cannot put back '%s/%s'", entry->folder, entry->rel);
		unlinkat(parent, TMP, 0);
		return r;
	}
	unlinkat(parent, TMP, 0);
	return 0;
}

static int put_removed(struct undo *u, const struct undo_entry *entry, int parent, const char *name,
		       struct err *e)
{
	struct number n = number_of(entry);
	struct stat st, now;

	if (fstatat(u->dir, n.s, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0
				       : err_sys(e, errno, "cannot look at what is kept of '%s/%s'",
						 entry->folder, entry->rel);
	if (!S_ISDIR(st.st_mode))
		return put_file(u, entry, parent, name, e);
	if (fstatat(parent, name, &now, AT_SYMLINK_NOFOLLOW) == 0)
		return is_same_tree(&now, &st)
			       ? 0
			       : err_set(e, EEXIST,
					 "cannot put back '%s/%s': move away what is there now",
					 entry->folder, entry->rel);
	if (renameat2(u->dir, n.s, parent, name, RENAME_NOREPLACE) == 0)
		return 0;
	/* A copy: the kept one stays until everything is dropped. */
	if (copy_whole(u->dir, n.s, parent, name, e) < 0)
		return err_add(e, "cannot put back '%s/%s'", entry->folder, entry->rel);
	return 0;
}

static int set_mode(const struct undo_entry *entry, int parent, const char *name, struct err *e)
{
	cleanup_close int fd = openat(parent, name,
				      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 || fchmod(fd, entry->st.st_mode & 0777) < 0
		       ? err_sys(e, errno, "cannot set the mode of '%s/%s'", entry->folder,
				 entry->rel)
		       : 0;
}

int undo_back(struct undo *u, struct undo_entry *entry, struct err *e)
{
	const char *name = path_basename(entry->rel);
	bool add = entry->kind == UNDO_REPLACED || entry->kind == UNDO_REMOVED;
	cleanup_close int parent = -1;
	int r = open_parent(entry, add, &parent, e);

	if (r == -ENOENT && entry->kind == UNDO_ADDED)
		r = 0;
	else if (r == 0 && entry->kind == UNDO_ADDED)
		r = remove_added(entry, parent, name, e);
	else if (r == 0 && entry->kind == UNDO_REPLACED)
		r = put_file(u, entry, parent, name, e);
	else if (r == 0 && entry->kind == UNDO_REMOVED)
		r = put_removed(u, entry, parent, name, e);
	else if (r == 0)
		r = set_mode(entry, parent, name, e);
	if (r == 0) {
		cleanup_free char *line = xasprintf("back %zu\n", (size_t)(entry - u->v));

		entry->back = true;
		r = write_all(u->list, line, strlen(line));
		if (r < 0)
			return err_sys(e, -r, "cannot note what was taken back");
	}
	return r;
}
