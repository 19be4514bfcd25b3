/*
 * sweep.c - removing leftovers of crashes.
 *
 * A lock file is created locked (box_make_lifetime): one that is free has lost its owner, however
 * young it is. Something in tmp/ is removed if it is old and nobody holds it (store_make_tmp),
 * after renaming it: age alone is no proof on a machine that was suspended.
 */
#include "box/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/path.h"
#include "box/box.h"
#include "box/box_log.h"
#include "box/record.h"
#include "launch/client.h"
#include "launch/gateway.h"

#define SWEEP_SECONDS 60
#define LOG_SECONDS   600 /* how long to keep a throw-away box with a log */

static bool is_old(time_t then)
{
	return then + SWEEP_SECONDS < time(NULL);
}

/* Does a process hold the lock file? False if it does not exist. */
static bool is_held(int dirfd, const char *path)
{
	cleanup_close int fd = openat(dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return fd < 0 ? errno != ENOENT && errno != ENXIO : !file_trylock(fd);
}

/* If it cannot be checked, it may exist. */
static bool exists(int dirfd, const char *path)
{
	return faccessat(dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* The user may want to see the output of a box that has ended. */
static bool is_asked_for(int dirfd, const char *folder)
{
	cleanup_free char *log = path_join(folder, BOX_LOG);
	struct stat st;

	return fstatat(dirfd, log, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size > 0 &&
	       st.st_mtime + LOG_SECONDS > time(NULL);
}

/* A throw-away box with files on disk: deletes it if it has ended and its mounts are gone. */
static bool sweep_disk(const struct store *s, const char *id)
{
	cleanup_box struct box b = BOX_INIT;
	struct err ignored;

	if (!record_says_temporary(s, id) || box_load_damaged(s, id, &b, &ignored) < 0)
		return false;
	if (box_is_running(&b) || !box_wait_gone(&b, 0))
		return false;
	return box_remove(s, &b, &ignored) == 0;
}

bool sweep_box(const struct store *s, const char *id)
{
	cleanup_free char *making = xasprintf("tmp/%s/lock", id), *box = path_join("boxes", id);

	/* In the order in which a box moves, so that it cannot be missed between two looks. */
	if (is_held(s->data_fd, making))
		return false;
	if (exists(s->data_fd, box))
		return sweep_disk(s, id);
	return true;
}

/*
 * RUNTIME/<id> of a box that is gone. It may belong to another data directory, whose boxes are not
 * visible here: a listening socket shows that the box lives, and comes a moment after the
 * directory.
 */
static void sweep_runtime(const struct store *s, const char *id)
{
	cleanup_free char *making = xasprintf("tmp/%s/lock", id), *box = path_join("boxes", id);
	cleanup_close int dir = -1, connection = -1;
	struct stat st;
	int r;

	if (is_held(s->data_fd, making) || exists(s->data_fd, box) ||
	    fstatat(s->runtime_fd, id, &st, AT_SYMLINK_NOFOLLOW) < 0 || !is_old(st.st_mtime))
		return;
	dir = openat(s->runtime_fd, id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = dir < 0 ? -ENOENT : client_connect(dir, "control", &connection);
	if (r == -ENOENT || r == -ECONNREFUSED)
		store_remove_runtime(s, id);
}

/* Work of sandbox-image, which cleans up after itself (image/gc.h). */
static bool is_of_images(const char *name)
{
	return starts_with(name, "image-") || starts_with(name, "partial-");
}

static void sweep_tmp_entry(const struct store *s, const char *name)
{
	cleanup_free char *path = path_join("tmp", name);
	cleanup_close int fd = -1;
	struct stat st;
	struct err ignored;

	if (fstatat(s->data_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !is_old(st.st_ctime))
		return;
	if (S_ISDIR(st.st_mode)) {
		fd = openat(s->data_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		/* One with mode 0 was moved here to be removed. */
		if (fd < 0 ? errno != EACCES : !file_trylock(fd) || is_held(fd, "lock"))
			return;
	}
	store_discard(s, path, &ignored);
}

static void sweep_tmp(const struct store *s)
{
	cleanup_strv struct strv names = {0};
	struct err ignored;

	/*
	 * The next sweep gets what this one misses. List first, because removing renames entries.
	 */
	dir_names(s->data_fd, "tmp", &names, &ignored);
	for (size_t i = 0; i < names.n; i++)
		if (!is_of_images(names.v[i]))
			sweep_tmp_entry(s, names.v[i]);
}

/* Entries of boxes that are gone, or whose creator was killed before they existed. */
static void sweep_index(const struct store *s, const char *index)
{
	cleanup_strv struct strv keys = {0};
	struct err ignored;

	dir_names(s->data_fd, index, &keys, &ignored);
	for (size_t i = 0; i < keys.n; i++) {
		char id[BOX_ID_LEN + 1];
		cleanup_free char *box = NULL;

		if (store_lookup(s, index, keys.v[i], id) < 0)
			continue;
		box = path_join("boxes", id);
		if (!exists(s->data_fd, box) && sweep_box(s, id))
			store_index_clear(s, index, keys.v[i], id);
	}
}

static bool is_due(const struct store *s)
{
	struct stat st;

	return fstatat(s->runtime_fd, "swept", &st, 0) < 0 || is_old(st.st_mtime);
}

void sweep_store(const struct store *s, bool seldom)
{
	cleanup_strv struct strv ids = {0}, runtime = {0};
	struct err ignored;
	int fd;

	if (seldom && !is_due(s))
		return;
	fd = openat(s->runtime_fd, "swept", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0) {
		futimens(fd, NULL);
		close(fd);
	}
	if (store_list(s, &ids, &ignored) < 0)
		return;
	for (size_t i = 0; i < ids.n; i++) {
		cleanup_free char *box = path_join("boxes", ids.v[i]);

		if (!is_asked_for(s->data_fd, box))
			sweep_disk(s, ids.v[i]);
	}
	store_list_runtime(s, &runtime, &ignored);
	for (size_t i = 0; i < runtime.n; i++)
		sweep_runtime(s, runtime.v[i]);
	gateway_sweep(s->runtime_fd);
	sweep_tmp(s);
	sweep_index(s, STORE_NAMES);
	sweep_index(s, STORE_PROJECTS);
	sweep_index(s, STORE_TRIALS);
}
