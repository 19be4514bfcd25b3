/*
 * store.c - the directories of the store, and the indexes.
 *
 * Promises that what has its final name is complete, and that an index entry is made and removed by
 * one system call. Refuses a store that is newer than this program, and malformed ids, so that no
 * name from a record can lead out of the store.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/path.h"
#include "config/xdg.h"
#include "store/format.h"

/* The last one is ours alone: sandbox-image makes layers and tmp too. */
static const char *const folders[] = {"tmp",	      "layers", "caches", STORE_NAMES,
				      STORE_PROJECTS, "steps",	"boxes",  STORE_TRIALS};

/*
 * Exists only if each directory does and the store has our format. If one is a symlink elsewhere,
 * make_whole() checks each, and changes nothing.
 */
#define ALL_THERE                                                       \
	"tmp/../layers/../caches/../" STORE_NAMES "/../" STORE_PROJECTS \
	"/../steps/../boxes/../" STORE_TRIALS "/../" STORE_FORMAT_FILE

static int make_whole(const struct store *s, struct err *e)
{
	int r = store_format_settle(s->data_fd, s->data, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (mkdirat(s->data_fd, folders[i], 0700) < 0 && errno != EEXIST)
			return err_sys(e, errno, "cannot make '%s/%s'", s->data, folders[i]);
	return 0;
}

/*
 * The real paths of the user's own directories: mounting or opening something in them refuses
 * symlinks, which a box could have made; those on the way to the store belong to the user.
 */
int store_open(struct store *s, struct err *e)
{
	int r;

	s->data = xdg_data_dir();
	r = path_open_real(&s->data, O_DIRECTORY, &s->data_fd);
	if (r == -ENOENT) {
		if ((r = file_mkdirs(s->data, 0700, e)) < 0)
			return r;
		r = path_open_real(&s->data, O_DIRECTORY, &s->data_fd);
	}
	if (r < 0)
		return err_sys(e, -r, "cannot open the data directory '%s'", s->data);
	r = xdg_check_data(s->data_fd, s->data, e);
	if (r < 0)
		return r;
	/* One call checks everything; somebody may have deleted a directory by hand. */
	if (faccessat(s->data_fd, ALL_THERE, F_OK, 0) < 0 && (r = make_whole(s, e)) < 0)
		return r;
	r = xdg_runtime_dir(&s->runtime, e);
	if (r < 0)
		return r;
	r = path_open_real(&s->runtime, O_DIRECTORY, &s->runtime_fd);
	return r < 0 ? err_sys(e, -r, "cannot open the runtime directory '%s'", s->runtime) : 0;
}

void store_close(struct store *s)
{
	close_fd(&s->data_fd);
	close_fd(&s->runtime_fd);
	free(s->data);
	free(s->runtime);
	*s = (struct store)STORE_INIT;
}

int store_lookup(const struct store *s, const char *index, const char *key, char id[BOX_ID_LEN + 1])
{
	cleanup_free char *path = path_join(index, key);
	char target[BOX_ID_LEN + 2];
	ssize_t n = readlinkat(s->data_fd, path, target, sizeof(target));

	/* Something that is not a symlink refers to no box. */
	if (n < 0)
		return errno == EINVAL ? -ENOENT : -errno;
	target[n < (ssize_t)sizeof(target) ? n : 0] = '\0';
	if (!store_valid_id(target))
		return -ENOENT;
	memcpy(id, target, BOX_ID_LEN + 1);
	return 0;
}

int store_index_set(const struct store *s, const char *index, const char *key, const char *id,
		    struct err *e)
{
	cleanup_free char *path = path_join(index, key);

	if (symlinkat(id, s->data_fd, path) < 0)
		return err_sys(e, errno, "cannot make '%s/%s'", s->data, path);
	return 0;
}

/*
 * The entry must not change its meaning between the check and the removal. It cannot be set again
 * before it is removed, and removers take turns.
 */
void store_index_clear(const struct store *s, const char *index, const char *key, const char *id)
{
	cleanup_free char *path = path_join(index, key);
	cleanup_close int lock = -1;
	char now[BOX_ID_LEN + 1];
	struct err ignored;

	if (store_lookup(s, index, key, now) < 0 || !streq(now, id))
		return;
	lock = openat(s->data_fd, index, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock >= 0 && file_lock(lock, index, &ignored) == 0 &&
	    store_lookup(s, index, key, now) == 0 && streq(now, id))
		unlinkat(s->data_fd, path, 0);
}

void store_index_drop(const struct store *s, const char *index, const char *id)
{
	cleanup_strv struct strv keys = {0};
	struct err ignored;

	/* An entry that stays refers to no box; whoever needs its key takes it over. */
	if (dir_names(s->data_fd, index, &keys, &ignored) < 0)
		return;
	for (size_t i = 0; i < keys.n; i++)
		store_index_clear(s, index, keys.v[i], id);
}

static int list_ids(int dirfd, const char *name, struct strv *ids, struct err *e)
{
	cleanup_dir struct dir d = {0};
	int r = dir_open(&d, dirfd, name, e);

	if (r < 0)
		return err_add(e, "cannot list the boxes");
	while ((r = dir_next(&d, e)) > 0)
		if (store_valid_id(d.name))
			strv_push(ids, d.name);
	return r < 0 ? err_add(e, "cannot list the boxes") : 0;
}

int store_list(const struct store *s, struct strv *ret_ids, struct err *e)
{
	return list_ids(s->data_fd, "boxes", ret_ids, e);
}

int store_list_runtime(const struct store *s, struct strv *ret_ids, struct err *e)
{
	return list_ids(s->runtime_fd, ".", ret_ids, e);
}

/* The few files that most of them contain by name; anything else by a tree walk. */
static int remove_few(int dirfd, const char *path, const char *const *files, size_t n,
		      struct err *e)
{
	cleanup_close int dir = openat(dirfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; dir >= 0 && i < n; i++)
		unlinkat(dir, files[i], 0);
	if (unlinkat(dirfd, path, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	return file_remove_tree(dirfd, path, e);
}

void store_remove_runtime(const struct store *s, const char *id)
{
	struct err ignored;

	remove_few(s->runtime_fd, id, (const char *const[]){"control"}, 1, &ignored);
}

int store_hide_box(const struct store *s, const char *id, struct err *e)
{
	cleanup_free char *from = path_join("boxes", id), *to = path_join("tmp", id);

	int r = file_move(s->data_fd, from, to);

	return r < 0 && r != -ENOENT ? err_sys(e, -r, "cannot remove '%s/%s'", s->data, from) : 0;
}

int store_discard(const struct store *s, const char *path, struct err *e)
{
	char id[BOX_ID_LEN + 1];
	cleanup_free char *gone = NULL;
	int r;

	store_new_id(id);
	gone = xasprintf("tmp/%s", id);
	r = file_move(s->data_fd, path, gone);
	if (r < 0)
		return r == -ENOENT ? 0 : err_sys(e, -r, "cannot remove '%s/%s'", s->data, path);
	return file_remove_tree(s->data_fd, gone, e);
}

int store_make_tmp(const struct store *s, const char *kind, mode_t mode, char **ret_path,
		   int *ret_fd, struct err *e)
{
	char id[BOX_ID_LEN + 1];
	cleanup_free char *path = NULL;
	cleanup_close int fd = -1;

	store_new_id(id);
	path = xasprintf("tmp/%s-%s", kind, id);
	if (mkdirat(s->data_fd, path, mode) < 0)
		return err_sys(e, errno, "cannot make '%s/%s'", s->data, path);
	fd = openat(s->data_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* Between the two calls nobody held it; another sweep may have removed it. */
	if (fd < 0 || !file_trylock(fd) || !file_is_at(fd, s->data_fd, path)) {
		err_sys(e, fd < 0 ? errno : EAGAIN, "cannot open '%s/%s'", s->data, path);
		unlinkat(s->data_fd, path, AT_REMOVEDIR);
		return -e->code;
	}
	*ret_path = take_ptr(path);
	*ret_fd = take_fd(&fd);
	return 0;
}

int store_delete_hidden(const struct store *s, const char *id, struct err *e)
{
	cleanup_free char *path = path_join("tmp", id);

	return remove_few(s->data_fd, path, (const char *const[]){"record", "lock"}, 2, e);
}
