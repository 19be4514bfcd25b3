/*
 * import.c - what a source is, by its content, and which images of it get which names.
 *
 * Promises that names are set last, when all their image is installed. What a failed import leaves
 * are blobs that nothing needs, for gc.
 */
#include "image/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "image/import_tar.h"
#include "image/importing.h"
#include "image/install.h"
#include "image/reference.h"

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
	struct install_request req = {.store = im->req->store, .conf = im->req->conf, .ref = *ref};
	int r = canonical(im, name, &full, e);

	if (r < 0)
		return r;
	req.name = full;
	r = image_install(&req, e);
	if (r == 0)
		strv_push_take(im->names, take_ptr(full));
	return r;
}

/* --- OCI layouts */

static int need_image(struct importing *im, const struct digest *manifest, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_manifest struct manifest m = {0};
	int r = blob_read(im->req->store, manifest, MANIFEST_MAX_BYTES, &text, e);

	if (r == 0)
		r = manifest_parse(text.data, text.len, &m, e);
	if (r == 0)
		r = bundle_need_blob(&im->bundle, &m.config, e);
	for (size_t i = 0; r == 0 && i < m.n_layers; i++)
		r = bundle_need_blob(&im->bundle, &m.layers[i], e);
	return r;
}

/* An entry of index.json: a manifest, or an index of platforms. */
static int resolve_entry(struct importing *im, const struct descriptor *d, struct ref *ret,
			 struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_index struct image_index index = {0};
	cleanup_platform struct platform host = {0};
	const struct index_entry *entry;
	enum document kind;
	int r = bundle_need_blob(&im->bundle, d, e);

	if (r == 0)
		r = blob_read(im->req->store, &d->digest, MANIFEST_MAX_BYTES, &text, e);
	if (r == 0)
		r = document_kind(text.data, text.len, d->media_type, &kind, e);
	if (r < 0)
		return r;
	*ret = (struct ref){.manifest = d->digest};
	if (kind == DOCUMENT_MANIFEST)
		return need_image(im, &d->digest, e);
	platform_host(&host);
	r = index_parse(text.data, text.len, &index, e);
	if (r == 0)
		r = index_choose(&index, &host, &entry, e);
	if (r == 0)
		r = bundle_need_blob(&im->bundle, &entry->d, e);
	if (r < 0)
		return r;
	*ret = (struct ref){.manifest = entry->d.digest, .index = d->digest};
	return need_image(im, &ret->manifest, e);
}

char *import_base_name(const char *path)
{
	const char *base = path_basename(path);

	return xstrndup(base, strcspn(base, "."));
}

/* A whole name of the source's own, else the source's file name with the tag. */
static char *own_name(const struct importing *im, const char *ref_name)
{
	cleanup_free char *base = import_base_name(im->path);

	if (ref_name && strpbrk(ref_name, "/:"))
		return xstrdup(ref_name);
	return ref_name ? xasprintf("%s:%s", base, ref_name) : xstrdup(base);
}

static int several(const struct image_index *index, struct err *e)
{
	cleanup_buf struct buf tags = BUF_INIT;
	char quoted[400];

	for (size_t i = 0; i < index->n; i++)
		buf_addf(&tags, "%s%s", i ? ", " : "",
			 index->v[i].ref_name ? index->v[i].ref_name : "(no tag)");
	return err_set(e, ERR_USAGE, "it holds several images: choose one by SOURCE:TAG, of %s",
		       err_quote(quoted, sizeof(quoted), tags.data));
}

static bool has_tag(const struct index_entry *entry, const char *tag)
{
	return entry->ref_name &&
	       (streq(entry->ref_name, tag) ||
		(ends_with(entry->ref_name, tag) &&
		 entry->ref_name[strlen(entry->ref_name) - strlen(tag) - 1] == ':'));
}

static int import_oci(struct importing *im, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_index struct image_index index = {0};
	size_t taken = 0;
	int r = bundle_read(&im->bundle, "index.json", &text, e);

	if (r == 0)
		r = index_parse(text.data, text.len, &index, e);
	if (r == 0 && im->req->name && !im->tag && index.n > 1)
		r = several(&index, e);
	for (size_t i = 0; r == 0 && i < index.n; i++) {
		cleanup_free char *own = own_name(im, index.v[i].ref_name);
		struct ref ref;

		if (im->tag && !has_tag(&index.v[i], im->tag))
			continue;
		r = resolve_entry(im, &index.v[i].d, &ref, e);
		if (r == 0)
			r = import_install(im, &ref, im->req->name ? im->req->name : own, e);
		taken++;
	}
	if (r == 0 && !taken)
		return im->tag ? err_set(e, ENOENT, "it has no image with the tag '%s'", im->tag)
			       : err_set(e, EBADMSG, "it holds no image");
	return r;
}

/* --- sources */

static int import_bundle(struct importing *im, struct err *e)
{
	const struct bundle_member *m;
	struct err none;

	if (bundle_find(&im->bundle, "manifest.json", &m, &none) == 0 &&
	    bundle_find(&im->bundle, "index.json", &m, &none) < 0)
		return import_docker(im, e);
	return import_oci(im, e);
}

static int import_root(struct importing *im, int fd, struct err *e)
{
	struct ref ref = {0};
	int r;

	if (!im->req->name)
		return err_set(e, ERR_USAGE,
			       "it is a plain archive of files: say which NAME the image is to "
			       "have");
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, errno, "cannot read it anew");
	r = import_tar(im->req->store, fd, im->path, &ref.manifest, e);
	return r < 0 ? r : import_install(im, &ref, im->req->name, e);
}

static int import_file(struct importing *im, int fd, struct err *e)
{
	bool is_bundle;
	int r = bundle_read_tar(&im->bundle, fd, im->path, &is_bundle, e);

	if (r < 0)
		return r;
	return is_bundle ? import_bundle(im, e) : import_root(im, fd, e);
}

static int import_folder(struct importing *im, int fd, struct err *e)
{
	im->bundle.layout = fd;
	if (faccessat(fd, "oci-layout", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, EBADMSG,
			       "the folder is no OCI layout; 'dir:%s' runs a root file system as "
			       "it is",
			       im->path);
	return import_oci(im, e);
}

/* Standard input cannot be read twice: it comes to lie in a file without a name first. */
static int spool(const struct image_store *s, int *ret_fd, struct err *e)
{
	cleanup_free char *name = NULL, *buffer = xcalloc(1, 1u << 20);
	cleanup_close int fd = -1;
	ssize_t n;
	int r = image_store_tmpfile(s, &name, &fd, e);

	if (r < 0)
		return r;
	unlinkat(s->fd, name, 0);
	while ((n = read(STDIN_FILENO, buffer, 1u << 20)) > 0)
		if ((r = write_all(fd, buffer, (size_t)n)) < 0)
			return err_sys(e, -r, "cannot keep what comes");
	if (n < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, errno, "cannot read standard input");
	*ret_fd = take_fd(&fd);
	return 0;
}

/* SOURCE as it is; else what is before its last colon, and a tag. */
static int open_source(struct importing *im, int *ret_fd, struct stat *ret_st, struct err *e)
{
	const char *source = im->req->source, *colon = strrchr(source, ':');
	int errnum, r;

	im->path = xstrdup(source);
	if (streq(source, "-")) {
		r = spool(im->req->store, ret_fd, e);
		return r < 0 || fstat(*ret_fd, ret_st) == 0 ? r
							    : err_sys(e, errno, "cannot read it");
	}
	*ret_fd = open(source, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	errnum = errno;
	if (*ret_fd < 0 && colon && colon != source) {
		free(im->path);
		im->path = xstrndup(source, (size_t)(colon - source));
		*ret_fd = open(im->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		im->tag = xstrdup(colon + 1);
	}
	if (*ret_fd < 0)
		return err_sys(e, errnum, "cannot open it");
	if (fstat(*ret_fd, ret_st) < 0)
		return err_sys(e, errno, "cannot look at it");
	return 0;
}

int image_import(const struct import_request *req, struct strv *ret_names, struct err *e)
{
	__attribute__((cleanup(importing_clear))) struct importing im = {
		.req = req, .bundle = {.store = req->store, .layout = -1}, .names = ret_names};
	cleanup_close int fd = -1;
	struct stat st;
	int r = open_source(&im, &fd, &st, e);

	if (r < 0)
		return r;
	if (S_ISDIR(st.st_mode))
		return import_folder(&im, take_fd(&fd), e);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "it is neither a file nor a folder");
	if (!st.st_size)
		return err_set(e, EBADMSG, "it is empty");
	return import_file(&im, fd, e);
}
