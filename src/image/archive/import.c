/*
 * import.c - what a source is, by its content, and which images of it get which names.
 *
 * Promises that names are set last, when all their image is installed; layers that are here already are
 * compared with what they should be. What a failed import leaves
 * are blobs that nothing needs, for gc.
 */
#include "image/archive/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "image/archive/archive_source.h"
#include "image/archive/import_tar.h"
#include "image/archive/importing.h"
#include "image/install.h"
#include "image/name/reference.h"

static void importing_clear(struct importing *im)
{
	bundle_clear(&im->bundle);
	free(im->path);
	free(im->tag);
}

/* name is given or comes from the source: then it must be a whole name, or a tag of its file. */
static int canonical(const struct importing *im, const char *name, char **ret, struct err *e)
{
	cleanup_reference struct reference ref = {0};
	int r = reference_parse(name, im->req->conf->registry, &ref, e);

	if (r == 0 && ref.digest.hex[0])
		r = err_set(e, ERR_USAGE, "'%s' has a digest: a name has a tag alone", name);
	if (r == 0)
		*ret = ref_name(&ref);
	return r;
}

int import_install(struct importing *im, const struct ref *ref, const char *name, struct err *e)
{
	cleanup_free char *full = NULL;
	/* Its blobs have been read, or written, a moment ago. */
	static const struct strv none;
	static const struct layer_check check = {.replace = true, .bad_blobs = &none};
	struct install_request req = {
		.store = im->req->store, .conf = im->req->conf, .ref = *ref, .check = &check};
	int r = canonical(im, name, &full, e);

	if (r < 0)
		return im->req->name ? r : err_add(e, "give it a NAME");
	req.name = full;
	r = image_install(&req, e);
	if (r == 0)
		strv_push_take(im->names, take_ptr(full));
	return r;
}

char *import_base_name(const char *path)
{
	const char *base = path_basename(path);

	return xstrndup(base, strcspn(base, "."));
}

bool import_has_tag(const char *name, const char *tag)
{
	size_t len = strlen(name), tag_len = strlen(tag);

	if (streq(name, tag))
		return true;
	return tag_len && len > tag_len && ends_with(name, tag) &&
	       (name[len - tag_len - 1] == ':' || name[len - tag_len - 1] == '/');
}

int import_several(const struct strv *names, struct err *e)
{
	cleanup_buf struct buf list = BUF_INIT;
	char quoted[400];

	for (size_t i = 0; i < names->n; i++)
		buf_addf(&list, "%s%s", i ? ", " : "", names->v[i]);
	return err_set(e, ERR_USAGE, "it holds several images: choose one by SOURCE:TAG, of %s",
		       err_quote(quoted, sizeof(quoted), list.data));
}

int import_no_image(const struct importing *im, struct err *e)
{
	return im->tag ? err_set(e, ENOENT, "it has no image with the tag '%s'", im->tag)
		       : err_set(e, EBADMSG, "it holds no image");
}

static int import_bundle(struct importing *im, struct archive_source *source, struct err *e)
{
	const struct bundle_member *m;
	struct err none;
	int r = bundle_read_tar(&im->bundle, source, e);

	if (r < 0)
		return r;
	if (bundle_find(&im->bundle, "index.json", &m, &none) == 0)
		return import_oci(im, e);
	if (bundle_find(&im->bundle, "manifest.json", &m, &none) == 0)
		return import_docker(im, e);
	return err_set(e, EBADMSG,
		       "it is no whole archive of images: neither index.json nor manifest.json is "
		       "in it");
}

static int import_root(struct importing *im, struct archive_source *source, struct err *e)
{
	struct ref ref = {0};
	int r;

	if (!im->req->name)
		return err_set(e, ERR_USAGE,
			       "it is a plain archive of files: say which NAME the image is to "
			       "have");
	if (im->tag)
		return err_set(e, ERR_USAGE, "it is a plain archive of files, without tags");
	r = import_tar(im->req->store, archive_source_plain(source), &ref.manifest, e);
	return r < 0 ? r : import_install(im, &ref, im->req->name, e);
}

static int import_file(struct importing *im, int fd, struct err *e)
{
	cleanup_archive_source struct archive_source *source = NULL;
	int r = archive_source_open(fd, &source, e);

	if (r < 0)
		return r;
	return archive_source_is_bundle(source) ? import_bundle(im, source, e)
						: import_root(im, source, e);
}

static int import_folder(struct importing *im, int fd, struct err *e)
{
	im->bundle.layout = fd;
	if (faccessat(fd, "oci-layout", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(
			e, EBADMSG,
			"the directory is no OCI layout; 'dir:%s' runs a root file system as "
			"it is",
			im->path);
	return import_oci(im, e);
}

static int try_open(const char *path)
{
	return streq(path, "-") ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
				: open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* SOURCE as it is; else what is before one of its colons, the last that makes a file, and a tag. */
static int open_source(struct importing *im, int *ret_fd, struct err *e)
{
	char *end;
	int errnum;

	im->path = xstrdup(im->req->source);
	*ret_fd = try_open(im->path);
	errnum = errno;
	while (*ret_fd < 0 && (end = strrchr(im->path, ':')) && end != im->path) {
		*end = '\0';
		*ret_fd = try_open(im->path);
	}
	if (*ret_fd < 0)
		return err_sys(e, errnum, "cannot open it");
	if (!streq(im->path, im->req->source))
		im->tag = xstrdup(im->req->source + strlen(im->path) + 1);
	/* As a completed directory's name ends. */
	for (end = im->path + strlen(im->path); end > im->path + 1 && end[-1] == '/';)
		*--end = '\0';
	return 0;
}

int image_import(const struct import_request *req, struct strv *ret_names, struct err *e)
{
	__attribute__((cleanup(importing_clear))) struct importing im = {
		.req = req, .bundle = {.store = req->store, .layout = -1}, .names = ret_names};
	cleanup_close int fd = -1;
	struct stat st;
	int r = open_source(&im, &fd, e);

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "cannot look at it");
	if (S_ISDIR(st.st_mode))
		return import_folder(&im, take_fd(&fd), e);
	if (!S_ISREG(st.st_mode) && !streq(im.path, "-"))
		return err_set(e, EINVAL, "it is neither a file nor a directory");
	return import_file(&im, fd, e);
}
