/*
 * prebuilt.c - from an image of a repository to the layers of steps.
 *
 * Promises to use its layers only if what is below them is exactly the project's own image. They
 * are hard-linked, file by file, so that they outlive the image they came in.
 */
#include "prepare/prebuilt.h"

#include <errno.h>
#include <fcntl.h>
#include <sha256.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/log.h"
#include "base/new_file.h"
#include "base/path.h"
#include "box/prepared.h"
#include "rootfs/image_program.h"

#define NOT_THERE 1 /* exit status of `image prebuilt` */

const char *prebuilt_repository(const struct settings *s)
{
	return settings_get(s, KEY_PREBUILT);
}

char *prebuilt_name(const struct settings *s, const struct image_root *root,
		    const struct recipe *recipe)
{
	const char *repository = prebuilt_repository(s);
	cleanup_free char *text = NULL;
	char hex[SHA256_DIGEST_STRING_LENGTH];

	if (!repository || !root->digest.hex[0] || !recipe->n)
		return NULL;
	text = xasprintf("image %s\n%s", root->digest.hex, recipe->v[recipe->n - 1].shared);
	SHA256Data((const uint8_t *)text, strlen(text), hex);
	return xasprintf("%s:env-%s", repository, hex);
}

char *prebuilt_text(const struct settings *s, const char *text)
{
	return xasprintf("prebuilt %s\n%s", prebuilt_repository(s), text);
}

/* The mark of overlayfs, and any others that a user may set. */
static void copy_xattrs(int from, int to)
{
	char names[4096], value[4096];
	ssize_t len = flistxattr(from, names, sizeof(names));

	for (const char *n = names; n < names + len; n += strlen(n) + 1) {
		ssize_t size = fgetxattr(from, n, value, sizeof(value));

		if (size >= 0 && starts_with(n, "user."))
			fsetxattr(to, n, value, (size_t)size, 0);
	}
}

/* Two trees, walked together by path: no descriptor stays open on the way down. */
struct linking {
	int from, to;
};

/* Links everything in the directory except directories, whose names are returned. */
static int link_files(int from, int to, struct strv *folders, struct err *e)
{
	cleanup_strv struct strv names = {0};
	struct stat st;
	int r = dir_names(from, ".", &names, e);

	if (r < 0)
		return err_add(e, "cannot read a directory of the layer");
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		const char *name = names.v[i];

		if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			r = err_sys(e, errno, "cannot look at '%s'", name);
		else if (S_ISDIR(st.st_mode))
			strv_push(folders, name);
		else if (linkat(from, name, to, name, 0) < 0)
			r = err_sys(e, errno, "cannot link '%s'", name);
	}
	for (size_t i = 0; r == 0 && i < folders->n; i++)
		if (mkdirat(to, folders->v[i], 0700) < 0)
			r = err_sys(e, errno, "cannot make '%s'", folders->v[i]);
	return r;
}

static int open_both(const struct linking *l, const char *path, int fds[2], struct err *e)
{
	int r = path_open_nolinks(l->from, path, O_RDONLY | O_DIRECTORY, 0, &fds[0], e);

	return r < 0 ? r : path_open_nolinks(l->to, path, O_RDONLY | O_DIRECTORY, 0, &fds[1], e);
}

/* Last, because filling it changes its times. */
static int finish_folder(const struct linking *l, const char *path, struct err *e)
{
	cleanup_close int from = -1, to = -1;
	struct timespec times[2];
	struct stat st;
	int fds[2] = {-1, -1}, r = open_both(l, path, fds, e);

	from = fds[0];
	to = fds[1];
	if (r == 0 && fstat(from, &st) < 0)
		r = err_sys(e, errno, "cannot look at '%s'", path);
	if (r < 0)
		return r;
	copy_xattrs(from, to);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	if (fchmod(to, st.st_mode & 07777) < 0 || futimens(to, times) < 0)
		return err_sys(e, errno, "cannot make '%s' like the layer's", path);
	return 0;
}

/* Depth is limited by the length of a path. */
static int link_tree(const struct linking *l, const char *path, struct err *e)
{
	cleanup_strv struct strv folders = {0};
	int fds[2] = {-1, -1}, r = open_both(l, path, fds, e);

	if (r == 0)
		r = link_files(fds[0], fds[1], &folders, e);
	close_fd(&fds[0]);
	close_fd(&fds[1]);
	for (size_t i = 0; r == 0 && i < folders.n; i++) {
		cleanup_free char *sub = path_join(path, folders.v[i]);

		r = link_tree(l, sub, e);
	}
	return r < 0 ? r : finish_folder(l, path, e);
}

/* A layer of the image in a directory of ours, which affects nobody until it is sealed. */
static int link_layer(const struct store *s, const char *layer, char **tmp, struct err *e)
{
	cleanup_close int from = openat(s->data_fd, layer, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_close int to = -1;
	struct linking l;
	int r;

	if (from < 0)
		return err_sys(e, errno, "cannot open '%s'", layer);
	/* Only gc removes this name, and not while we hold its lease. */
	r = store_make_tmp(s, "image-prebuilt", 0700, tmp, &to, e);
	if (r < 0)
		return r;
	l = (struct linking){from, to};
	return link_tree(&l, ".", e);
}

static int seal_layer(const struct store *s, const char *tmp, const char *text, struct err *e)
{
	cleanup_free char *layer = NULL;
	cleanup_close int lock = -1;
	int r = prepared_lock(s, text, &lock, e);

	if (r == 0 && prepared_find(s, text, &layer, e) == 0)
		return 0;
	return r < 0 ? r : prepared_seal(s, text, tmp, &layer, e);
}

/* All layers exist before the first gets its name: steps build on all or none. */
static int take_all(const struct store *s, const struct image_plan *plan, const struct strv *texts,
		    struct err *e)
{
	cleanup_strv struct strv made = {0};
	struct err ignored;
	int r = 0;

	for (size_t i = 0; r == 0 && i < texts->n; i++) {
		char *tmp = NULL;

		r = link_layer(s, plan->layers.v[texts->n - 1 - i], &tmp, e);
		if (tmp)
			strv_push_take(&made, tmp);
	}
	if (r == 0)
		r = sync_fs(s->data_fd, s->data, e);
	for (size_t i = 0; r == 0 && i < texts->n; i++)
		r = seal_layer(s, made.v[i], texts->v[i], e);
	for (size_t i = 0; i < made.n; i++)
		file_remove_tree(s->data_fd, made.v[i], &ignored);
	return r;
}

/* Is the image the project's own image plus n layers? */
static bool is_upon(const struct image_plan *plan, const struct image_plan *base, size_t n)
{
	if (plan->layers.n != base->layers.n + n)
		return false;
	for (size_t i = 0; i < base->layers.n; i++)
		if (!streq(path_basename(plan->layers.v[n + i]), path_basename(base->layers.v[i])))
			return false;
	return true;
}

static int take_layers(const struct prepare_request *req, const char *hex, const struct strv *texts,
		       struct err *e)
{
	cleanup_image_plan struct image_plan plan = {0};
	struct digest digest = {0};
	int r;

	if (!digest_valid_hex(hex))
		return err_set(e, EBADMSG, "it has no digest");
	memcpy(digest.hex, hex, DIGEST_HEX_LEN);
	r = image_plan_read(req->store->data_fd, &digest, &plan, e);
	if (r == 0 && !is_upon(&plan, &req->root->plan, texts->n))
		r = err_set(e, EBADMSG, "it is not made of %zu steps on the image '%s'", texts->n,
			    req->image);
	return r < 0 ? r : take_all(req->store, &plan, texts, e);
}

/* Pulls the image. Returns 1 with its digest in hexadecimal, or 0, with a note unless it is missing. */
static int pull(const struct settings *s, const char *name, struct buf *hex, struct err *e)
{
	const char *get[] = {"image", "prebuilt", "--", name, NULL};
	int status, r = image_program_read(get, hex, &status, e);

	if (r < 0)
		return r;
	if (status == NOT_THERE)
		return 0;
	if (status == 128 + SIGINT || status == 128 + SIGTERM)
		return err_set(e, EINTR, "interrupted");
	if (status != 0) {
		log_note("the environment cannot be had from '%s': it is prepared here",
			 prebuilt_repository(s));
		return 0;
	}
	hex->data[hex->len = strcspn(hex->data, "\n")] = '\0';
	return 1;
}

int prebuilt_fetch(const struct prepare_request *req, const struct strv *texts, struct err *e)
{
	cleanup_free char *name = prebuilt_name(req->settings, req->root, req->recipe);
	cleanup_buf struct buf hex = BUF_INIT;
	struct err failed;
	int r = name ? pull(req->settings, name, &hex, e) : 0;

	if (r <= 0)
		return r;
	r = take_layers(req, hex.data, texts, &failed);
	if (r < 0)
		log_warn("'%s' cannot be used: %s: the environment is prepared here", name,
			 failed.msg);
	return r == 0;
}

char *prebuilt_built_name(const struct settings *s)
{
	const struct strv *build = &s->devcontainer_build;
	const char *repository = prebuilt_repository(s);

	return repository && build->n
		       ? xasprintf("%s:dev-%s", repository, strrchr(build->v[1], ':') + 1)
		       : NULL;
}

int prebuilt_fetch_built(const struct settings *s, struct err *e)
{
	cleanup_free char *name = prebuilt_built_name(s), *digest = NULL;
	cleanup_buf struct buf hex = BUF_INIT;
	int r = name ? pull(s, name, &hex, e) : 0;

	if (r <= 0)
		return r;
	digest = xasprintf("sha256:%s", hex.data);
	/* Its names, each after a --tag. */
	for (size_t i = 1; r > 0 && i < 4; i += 2) {
		const char *words[] = {"image", "seal", "--", digest, s->devcontainer_build.v[i],
				       NULL};

		r = image_program(words, false, e) < 0 ? -e->code : 1;
	}
	return r;
}
