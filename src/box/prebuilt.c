/*
 * prebuilt.c - from an image of a repository to the layers of steps.
 *
 * Promises that its layers are taken only when what lies below them is just the project's own image. They
 * are linked, file by file, so that they do not go with the image they came in.
 */
#include "box/prebuilt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "box/image_program.h"
#include "box/oci_image.h"
#include "box/prepared.h"

#define NOT_THERE 1 /* of `image prebuilt` */

const char *prebuilt_repository(const struct settings *s)
{
	return settings_get(s, "sandbox", "prebuilt");
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

static int link_tree(int from, int to, struct err *e);

/* The mark of overlayfs, and whatever else a user may set. */
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

static int link_folder(int from, int to, const char *name, struct err *e)
{
	cleanup_close int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_close int out = -1;

	if (in < 0)
		return err_sys(e, errno, "cannot open '%s'", name);
	if (mkdirat(to, name, 0700) < 0)
		return err_sys(e, errno, "cannot make '%s'", name);
	out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return out < 0 ? err_sys(e, errno, "cannot open '%s'", name) : link_tree(in, out, e);
}

/* Depth is bounded by the length of a path. */
static int link_tree(int from, int to, struct err *e)
{
	cleanup_closedir DIR *d = NULL;
	struct timespec times[2];
	struct dirent *de;
	struct stat st;
	int fd = fcntl(from, F_DUPFD_CLOEXEC, 0), r = 0;

	if (fd < 0 || !(d = fdopendir(fd)) || fstat(from, &st) < 0)
		return err_sys(e, errno, "cannot list a folder of the layer");
	while (r == 0 && (de = readdir(d))) {
		struct stat entry;

		if (streq(de->d_name, ".") || streq(de->d_name, ".."))
			continue;
		if (fstatat(from, de->d_name, &entry, AT_SYMLINK_NOFOLLOW) < 0)
			r = err_sys(e, errno, "cannot look at '%s'", de->d_name);
		else if (S_ISDIR(entry.st_mode))
			r = link_folder(from, to, de->d_name, e);
		else if (linkat(from, de->d_name, to, de->d_name, 0) < 0)
			r = err_sys(e, errno, "cannot link '%s'", de->d_name);
	}
	copy_xattrs(from, to);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	if (r == 0 && (fchmod(to, st.st_mode & 07777) < 0 || futimens(to, times) < 0))
		r = err_sys(e, errno, "cannot make a folder like the layer's");
	return r;
}

/* One layer of the image becomes that of a step. */
static int take_layer(const struct store *s, const char *layer, const char *text, struct err *e)
{
	cleanup_free char *tmp = NULL, *ignored = NULL;
	cleanup_close int from = -1, to = -1, lock = -1;
	char id[BOX_ID_LEN + 1];
	int r = prepared_lock(s, text, &lock, e);

	if (r == 0 && prepared_find(s, text, &ignored, e) == 0)
		return 0;
	store_new_id(id);
	/* A name that only gc removes, and who holds its lease keeps that away. */
	tmp = xasprintf("tmp/image-prebuilt-%s", id);
	from = openat(s->data_fd, layer, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r == 0 && from < 0)
		r = err_sys(e, errno, "cannot open '%s'", layer);
	if (r == 0 && mkdirat(s->data_fd, tmp, 0700) < 0)
		r = err_sys(e, errno, "cannot make '%s/%s'", s->data, tmp);
	if (r < 0)
		return r;
	to = openat(s->data_fd, tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = to < 0 ? err_sys(e, errno, "cannot open '%s/%s'", s->data, tmp)
		   : link_tree(from, to, e);
	if (r == 0)
		r = prepared_seal(s, text, tmp, &ignored, e);
	if (r < 0) {
		struct err removing;

		file_remove_tree(s->data_fd, tmp, &removing);
	}
	return r;
}

/* Is the image n layers upon just what the project's own image is made of? */
static bool is_upon(const struct image_plan *plan, const struct image_plan *base, size_t n)
{
	if (plan->layers.n != base->layers.n + n)
		return false;
	for (size_t i = 0; i < base->layers.n; i++)
		if (!streq(path_basename(plan->layers.v[n + i]), path_basename(base->layers.v[i])))
			return false;
	return true;
}

static int take_layers(const struct prepare_request *req, const char *name,
		       const struct strv *texts, struct err *e)
{
	cleanup_image_plan struct image_plan plan = {0};
	struct digest digest;
	int r = image_digest(req->store, name, &digest, e);

	if (r == 0)
		r = image_plan_read(req->store->data_fd, &digest, &plan, e);
	if (r == 0 && !is_upon(&plan, &req->root->plan, texts->n))
		r = err_set(e, EBADMSG, "it is not made of %zu steps upon the image '%s'", texts->n,
			    req->image);
	for (size_t i = 0; r == 0 && i < texts->n; i++)
		r = take_layer(req->store, plan.layers.v[texts->n - 1 - i], texts->v[i], e);
	return r;
}

int prebuilt_fetch(const struct prepare_request *req, const struct strv *texts, struct err *e)
{
	cleanup_free char *name = prebuilt_name(req->settings, req->root, req->recipe);
	const char *get[] = {"image", "prebuilt", "--", name, NULL};
	const char *drop[] = {"image", "rm", "--quiet", "--", name, NULL};
	struct err failed;
	int status, r;

	if (!name)
		return 0;
	r = image_program_status(get, false, &status, e);
	if (r < 0)
		return r;
	if (status == NOT_THERE)
		return 0;
	if (status > 128)
		return err_set(e, EINTR, "interrupted");
	if (status != 0) {
		log_note("the environment cannot be had from '%s': it is prepared here",
			 prebuilt_repository(req->settings));
		return 0;
	}
	r = take_layers(req, name, texts, &failed);
	if (r < 0)
		log_warn("'%s' cannot be used: %s: the environment is prepared here", name,
			 failed.msg);
	/* Its layers are linked: what the name keeps is of no use any more. */
	image_program_status(drop, false, &status, &failed);
	return r == 0;
}
