/*
 * store.c - the directories of the image store and its lease.
 *
 * Promises that gc cannot run while anybody has the store open, and that the next command that is
 * alone removes what killed commands left in tmp/; partial downloads are kept to be continued.
 * Refuses a data directory of another user, who could change it under our boxes.
 */
#include "image/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "config/xdg.h"
#include "image/name/conf.h"
#include "store/format.h"
#include "store/lease.h"
#include "store/store.h"

static const char *const folders[] = {"blobs", "blobs/sha256", "refs", "layers", "plans", "tmp"};

static int make_folders(const struct image_store *s, struct err *e)
{
	int r = store_format_settle(s->fd, s->path, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (mkdirat(s->fd, folders[i], 0700) < 0 && errno != EEXIST)
			return err_sys(e, errno, "cannot make '%s/%s'", s->path, folders[i]);
	return 0;
}

static int open_data(struct image_store *s, struct err *e)
{
	int r = file_mkdirs(s->path, 0700, e);

	if (r < 0)
		return r;
	s->fd = open(s->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s->fd < 0)
		return err_sys(e, errno, "cannot open the data directory '%s'", s->path);
	return xdg_check_data(s->fd, s->path, e);
}

/* Work of killed commands: no lease holder uses it. Moves it out of sight at once. */
static void hide_leftovers(const struct image_store *s, struct strv *out)
{
	cleanup_strv struct strv names = {0};
	struct err ignored;

	dir_names(s->fd, "tmp", &names, &ignored);
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *path = path_join("tmp", names.v[i]);
		cleanup_free char *gone = xasprintf("tmp/gone-%s", names.v[i]);

		if (starts_with(names.v[i], IMAGE_TMP_PREFIX) && file_move(s->fd, path, gone) == 0)
			strv_push(out, gone);
	}
}

static int take_lease(struct image_store *s, struct strv *leftovers, struct err *e)
{
	int r = store_lease_open(s->fd, s->path, &s->lease, e);

	if (r == 0 && store_lease_take_alone(s->lease, 0))
		hide_leftovers(s, leftovers);
	return r < 0 ? r : store_lease_share(s->lease, s->path, -1, e);
}

/*
 * One that is unavailable (an unmounted share) or newer than we are is not an error: its content is
 * pulled instead.
 */
static void open_lenders(struct image_store *s, const struct image_conf *conf)
{
	for (size_t i = 0; i < conf->stores.n && s->lender_paths.n < IMAGE_STORE_LENDERS; i++) {
		const char *path = conf->stores.v[i];
		cleanup_close int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		struct err e;

		if (fd < 0) {
			log_warn("the store '%s' of sandbox.conf cannot be used: %s", path,
				 strerror(errno));
			continue;
		}
		if (store_format_check(fd, path, &e) < 0) {
			log_warn("of sandbox.conf: %s", e.msg);
			continue;
		}
		s->lender_fds[s->lender_paths.n] = take_fd(&fd);
		strv_push(&s->lender_paths, path);
	}
}

int image_store_open(struct image_store *s, const struct image_conf *conf, struct err *e)
{
	cleanup_strv struct strv leftovers = {0};
	struct err late;
	int r;

	s->path = xdg_data_dir();
	s->unnamed = blob_unnamed_new();
	r = open_data(s, e);
	if (r == 0)
		r = make_folders(s, e);
	if (r == 0)
		r = take_lease(s, &leftovers, e);
	for (size_t i = 0; i < leftovers.n; i++)
		file_remove_tree(s->fd, leftovers.v[i], &late);
	if (r == 0)
		open_lenders(s, conf);
	return r;
}

void image_store_close(struct image_store *s)
{
	blob_unnamed_free(s);
	close_fd(&s->lease);
	close_fd(&s->fd);
	for (size_t i = 0; i < s->lender_paths.n; i++)
		close_fd(&s->lender_fds[i]);
	strv_clear(&s->lender_paths);
	free(s->path);
	*s = (struct image_store)IMAGE_STORE_INIT;
}

static char *tmp_name(void)
{
	char id[BOX_ID_LEN + 1];

	store_new_id(id);
	return xasprintf("tmp/" IMAGE_TMP_PREFIX "%s", id);
}

int image_store_discard(const struct image_store *s, const char *path, struct err *e)
{
	cleanup_free char *gone = tmp_name();
	int r = file_move(s->fd, path, gone);

	if (r < 0)
		return r == -ENOENT ? 0 : err_sys(e, -r, "cannot remove '%s/%s'", s->path, path);
	return file_remove_tree(s->fd, gone, e);
}

int image_store_tmpdir(const struct image_store *s, char **ret_name, int *ret_fd, struct err *e)
{
	cleanup_free char *name = tmp_name();
	int fd;

	if (mkdirat(s->fd, name, 0700) < 0)
		return err_sys(e, errno, "cannot make '%s/%s'", s->path, name);
	fd = openat(s->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "cannot open '%s/%s'", s->path, name);
	*ret_name = take_ptr(name);
	*ret_fd = fd;
	return 0;
}

int image_store_tmpfile(const struct image_store *s, char **ret_name, int *ret_fd, struct err *e)
{
	cleanup_free char *name = tmp_name();
	int fd = openat(s->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(e, errno, "cannot make '%s/%s'", s->path, name);
	*ret_name = take_ptr(name);
	*ret_fd = fd;
	return 0;
}
