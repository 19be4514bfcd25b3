/*
 * image.c - the images `host` and `dir:PATH`.
 */
#include "box/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "box/host_image.h"

void image_root_clear(struct image_root *r)
{
	strv_clear(&r->lowers);
	strv_clear(&r->binds);
}

static int resolve_dir(const char *spec, const char *base, struct image_root *ret, struct err *e)
{
	cleanup_free char *path = path_normalize(base, spec);
	cleanup_free char *real = realpath(path, NULL);
	struct stat st;

	if (!real || stat(real, &st) < 0)
		return err_sys(e, errno, "cannot use image 'dir:%s'", spec);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ENOTDIR, "cannot use image 'dir:%s': it is not a folder", spec);
	if (streq(real, "/"))
		return err_set(e, EINVAL,
			       "cannot use image 'dir:/': the host's own system is the "
			       "image 'host'");
	strv_push(&ret->lowers, real);
	ret->read_only = st.st_uid != geteuid() || st.st_gid != getegid();
	return 0;
}

int image_check_name(const char *image, struct err *e)
{
	if (streq(image, "host") || (starts_with(image, "dir:") && image[4]))
		return 0;
	return err_set(e, ERR_USAGE,
		       "cannot use image '%s': this version knows 'host' and 'dir:PATH'", image);
}

int image_resolve(const struct store *s, const char *image, const char *base,
		  struct image_root *ret, struct err *e)
{
	int r = image_check_name(image, e);

	*ret = (struct image_root){0};
	if (r < 0)
		return r;
	return streq(image, "host") ? host_image_resolve(s, ret, e)
				    : resolve_dir(image + strlen("dir:"), base, ret, e);
}
