/*
 * image.c - what kind of image a name means; `dir:PATH`, and the user of sessions.
 */
#include "rootfs/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/mounts.h"
#include "image/name/conf.h"
#include "image/name/reference.h"
#include "rootfs/host_image.h"
#include "rootfs/oci_image.h"

static int resolve_dir(const char *image, const char *base, struct image_root *root, struct err *e)
{
	cleanup_free char *path = mounts_image_folder(image, base);
	const char *spec = image + strlen("dir:");
	cleanup_close int fd = -1;
	struct stat st;
	int r = path_open_real(&path, 0, &fd);

	if (r < 0 || fstat(fd, &st) < 0)
		return err_sys(e, r < 0 ? -r : errno, "cannot use image 'dir:%s'", spec);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ENOTDIR, "cannot use image 'dir:%s': it is not a directory",
			       spec);
	if (streq(path, "/"))
		return err_set(e, EINVAL,
			       "cannot use image 'dir:/': the host's own system is the "
			       "image 'host'");
	strv_push(&root->lowers, path);
	root->read_only = st.st_uid != geteuid() || st.st_gid != getegid();
	return 0;
}

static bool is_dir(const char *image)
{
	return starts_with(image, "dir:");
}

int image_check_name(const char *image, struct err *e)
{
	cleanup_reference struct reference ref = {0};

	if (streq(image, "host") || (is_dir(image) && image[strlen("dir:")]))
		return 0;
	return reference_parse(image, IMAGE_CONF_REGISTRY, &ref, e);
}

int image_resolve(const struct image_request *req, struct image_root *root, struct err *e)
{
	if (streq(req->image, "host"))
		return host_image_resolve(req->store, root, e);
	if (is_dir(req->image))
		return resolve_dir(req->image, req->base, root, e);
	return oci_image_resolve(req, root, e);
}

int image_digest(const struct store *s, const char *image, struct digest *ret, struct err *e)
{
	if (streq(image, "host") || is_dir(image)) {
		*ret = (struct digest){0};
		return 0;
	}
	return oci_image_digest(s, image, ret, e);
}

bool image_user(const struct image_plan *plan, const struct user *caller, struct user *ret)
{
	bool own = plan->has_user && plan->uid != 0;

	*ret = (struct user){.uid = own ? plan->uid : caller->uid,
			     .gid = own ? plan->gid : caller->gid,
			     .name = xstrdup(own ? plan->user : caller->name),
			     .home = xstrdup(own ? plan->home : caller->home),
			     .shell = xstrdup(caller->shell)};
	return plan->has_user && plan->uid == 0;
}

int image_check_user(const struct image_plan *plan, struct err *e)
{
	return plan->no_user
		       ? err_set(e, EINVAL, "%s: name another by --user, or --root", plan->no_user)
		       : 0;
}

static void add_words(struct strv *to, const char *const *words)
{
	for (; words && *words; words++)
		strv_push(to, *words);
}

/* A Dockerfile clears a base image's entrypoint this way. */
static bool is_cleared(const struct strv *entrypoint)
{
	return entrypoint->n == 1 && !*entrypoint->v[0];
}

void image_command(const struct image_plan *plan, const char *const *entrypoint,
		   const char *const *command, struct strv *out)
{
	if (entrypoint)
		add_words(out, entrypoint);
	else if (!is_cleared(&plan->entrypoint))
		add_words(out, (const char *const *)plan->entrypoint.v);
	if (command)
		add_words(out, command);
	else if (!entrypoint)
		add_words(out, (const char *const *)plan->cmd.v);
}
