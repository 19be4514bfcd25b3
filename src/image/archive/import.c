/*
 * import.c - detects what a source is by its content, and which of its images get which names.
 *
 * An image of an OCI layout keeps its manifest, byte for byte. Entries with one name are platforms
 * of one image; so are those of an index that index.json leads to. Entries other than images are
 * left out, with a note. In a docker-archive (`docker save`) manifest.json lists the members that
 * are the config and the layers of an image.
 *
 * Promises that a name is set last, once its whole image is installed; layers that already exist
 * are checked. What a failed import leaves are unreferenced blobs, for gc.
 */
#include "image/archive/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"
#include "image/archive/archive_source.h"
#include "image/archive/bundle.h"
#include "image/archive/import_tar.h"
#include "image/document/json_read.h"
#include "image/document/pick.h"
#include "image/install.h"
#include "image/layer/inflate.h"
#include "image/name/ref.h"
#include "image/name/reference.h"
#include "image/store/layer_stack.h"

#define IMAGES_MAX 256

struct importing {
	const struct import_request *req;
	struct bundle bundle;
	char *path; /* of the source, without a tag */
	char *tag;  /* selected, or NULL */
	struct strv *names;
};

static void importing_clear(struct importing *im)
{
	bundle_clear(&im->bundle);
	free(im->path);
	free(im->tag);
}

/* name was given or comes from the source: it must be a whole name, or a tag of its file. */
static int canonical(const struct importing *im, const char *name, char **ret, struct err *e)
{
	cleanup_reference struct reference ref = {0};
	int r = reference_parse(name, im->req->conf->registry, &ref, e);

	if (r == 0 && ref.digest.hex[0])
		r = err_set(e, ERR_USAGE, "'%s' has a digest: a new name can only have a tag",
			    name);
	if (r == 0)
		*ret = ref_name(&ref);
	return r;
}

/* Installs an image whose blobs are in the store, under the given name or the source's own. */
static int install(struct importing *im, const struct ref *ref, const char *name, struct err *e)
{
	cleanup_free char *full = NULL;
	/* Its blobs were read or written a moment ago. */
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

/* "app.tar" or "app" gives "app", for an archive whose images only have tags or no names. */
static char *base_name(const char *path)
{
	const char *base = path_basename(path);

	return xstrndup(base, strcspn(base, "."));
}

/* Is name what SOURCE:TAG means: "docker.io/library/app:1" by "app:1", "1" or the whole name? */
static bool has_tag(const char *name, const char *tag)
{
	size_t len = strlen(name), tag_len = strlen(tag);

	if (streq(name, tag))
		return true;
	return tag_len && len > tag_len && ends_with(name, tag) &&
	       (name[len - tag_len - 1] == ':' || name[len - tag_len - 1] == '/');
}

/* Errors: NAME can only be for one image; no image has TAG. */
static int several_names(const struct strv *names, struct err *e)
{
	cleanup_buf struct buf list = BUF_INIT;
	char quoted[400];

	for (size_t i = 0; i < names->n; i++)
		buf_addf(&list, "%s%s", i ? ", " : "", names->v[i]);
	return err_set(e, ERR_USAGE, "it holds several images: choose one by SOURCE:TAG, of %s",
		       err_quote(quoted, sizeof(quoted), list.data));
}

static int no_image(const struct importing *im, struct err *e)
{
	return im->tag ? err_set(e, ENOENT, "it has no image with the tag '%s'", im->tag)
		       : err_set(e, EBADMSG, "it holds no image");
}

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

static bool same_name(const struct index_entry *a, const struct index_entry *b)
{
	return a->ref_name && b->ref_name ? streq(a->ref_name, b->ref_name)
					  : a->ref_name == b->ref_name;
}

static bool is_first(const struct image_index *index, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (same_name(&index->v[j], &index->v[i]))
			return false;
	return true;
}

/* An image of the layout. */
struct chosen {
	const char *name; /* in the layout, or NULL */
	struct ref ref;
};

static int need_document(void *ctx, const struct descriptor *d, bool config, struct err *e)
{
	struct importing *im = ctx;

	(void)config;
	return bundle_need_blob(&im->bundle, d, e);
}

/* Chooses, from the entries with this one's name, the one for this machine. */
static int choose(struct importing *im, const struct image_index *index,
		  const struct index_entry *of, struct ref *ret, struct err *e)
{
	cleanup_free struct index_entry *same = xcalloc(index->n, sizeof(*same));
	cleanup_platform struct platform host = {0};
	struct pick pick = {
		.store = im->req->store, .want = &host, .need = need_document, .ctx = im};
	struct image_index group = {.v = same};
	struct ref ref = {0};
	int r;

	for (size_t i = 0; i < index->n; i++)
		if (same_name(&index->v[i], of))
			same[group.n++] = index->v[i];
	platform_host(&host);
	r = pick_image(&pick, &group, &ref.manifest, &ref.index, e);
	if (r == 0)
		*ret = ref;
	return r;
}

/* The source's own name if it is a whole one, else the source's file name with the tag. */
static char *own_name(const struct importing *im, const char *ref_name)
{
	cleanup_free char *base = base_name(im->path);

	if (ref_name && strpbrk(ref_name, "/:"))
		return xstrdup(ref_name);
	return ref_name ? xasprintf("%s:%s", base, ref_name) : xstrdup(base);
}

static bool has_manifest(const struct chosen *v, size_t n, const struct digest *manifest)
{
	for (size_t i = 0; i < n; i++)
		if (digest_equal(&v[i].ref.manifest, manifest))
			return true;
	return false;
}

static bool is_wanted(const struct importing *im, const struct index_entry *entry)
{
	return !im->tag || (entry->ref_name && has_tag(entry->ref_name, im->tag));
}

/*
 * Installs the images, named ones first. Besides them, entries without a name mostly belong to them
 * - a signature, a list of contents, one of an image's platforms: these are left out if they are
 * not images or are among the chosen ones.
 */
static int choose_all(struct importing *im, const struct image_index *index, bool named,
		      struct chosen *v, size_t *n, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < index->n; i++) {
		const struct index_entry *entry = &index->v[i];
		char quoted[200];

		if (!entry->ref_name == named || !is_first(index, i) || !is_wanted(im, entry))
			continue;
		r = choose(im, index, entry, &v[*n].ref, e);
		v[*n].name = entry->ref_name;
		if (r == 0 && (named || !has_manifest(v, *n, &v[*n].ref.manifest)))
			++*n;
		if (r == -ENOTSUP || (r < 0 && !named && *n)) {
			log_note("%s of '%s' is left out: %s",
				 named ? err_quote(quoted, sizeof(quoted), entry->ref_name)
				       : "what has no name",
				 im->path, e->msg);
			r = 0;
		}
	}
	return r;
}

static int several_manifests(const struct chosen *v, size_t n, struct err *e)
{
	cleanup_strv struct strv names = {0};

	for (size_t i = 0; i < n; i++)
		strv_push(&names, v[i].name ? v[i].name : "(no tag)");
	return several_names(&names, e);
}

/* The images of an OCI layout, in an archive or a directory. */
static int import_oci(struct importing *im, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_index struct image_index index = {0};
	cleanup_free struct chosen *v = NULL;
	size_t n = 0;
	int r = bundle_read(&im->bundle, "index.json", &text, e);

	if (r == 0)
		r = image_index_parse(text.data, text.len, &index, e);
	if (r < 0)
		return r;
	v = xcalloc(index.n + 1, sizeof(*v));
	e->code = 0;
	r = choose_all(im, &index, true, v, &n, e);
	if (r == 0)
		r = choose_all(im, &index, false, v, &n, e);
	if (r < 0)
		return r;
	/* What was left out explains why there is nothing. */
	if (!n)
		return e->code ? -e->code : no_image(im, e);
	if (im->req->name && n > 1)
		return several_manifests(v, n, e);
	for (size_t i = 0; r == 0 && i < n; i++) {
		cleanup_free char *own = own_name(im, v[i].name);

		r = need_image(im, &v[i].ref.manifest, e);
		if (r == 0)
			r = install(im, &v[i].ref, im->req->name ? im->req->name : own, e);
	}
	return r;
}

static int guess_layer(const struct image_store *s, const struct bundle_member *m,
		       struct descriptor *ret, struct err *e)
{
	cleanup_close int fd = -1;
	enum compression kind;
	const char *type;
	int r = blob_open(s, &m->digest, &fd, e);

	if (r == 0)
		r = inflate_guess_fd(fd, &kind, e);
	if (r < 0)
		return r;
	switch (kind) {
	case COMPRESSION_GZIP:
		type = MEDIA_OCI_LAYER_GZIP;
		break;
	case COMPRESSION_ZSTD:
		type = MEDIA_OCI_LAYER_ZSTD;
		break;
	default:
		type = MEDIA_OCI_LAYER;
	}
	*ret = (struct descriptor){
		.media_type = xstrdup(type), .digest = m->digest, .size = m->size};
	return 0;
}

/* The same image with an OCI manifest; its config, and so its id, stays the same. */
static int convert(struct importing *im, const char *config, const struct strv *layers,
		   struct digest *ret, struct err *e)
{
	cleanup_manifest struct manifest m = {.media_type = xstrdup(MEDIA_OCI_MANIFEST)};
	const struct bundle_member *member;
	cleanup_free char *text = NULL;
	int r = bundle_find(&im->bundle, config, &member, e);

	if (r < 0)
		return r;
	m.config = (struct descriptor){.media_type = xstrdup(MEDIA_OCI_CONFIG),
				       .digest = member->digest,
				       .size = member->size};
	m.layers = xcalloc(layers->n + 1, sizeof(*m.layers));
	for (size_t i = 0; r == 0 && i < layers->n; i++) {
		r = bundle_find(&im->bundle, layers->v[i], &member, e);
		if (r == 0)
			r = guess_layer(im->req->store, member, &m.layers[m.n_layers++], e);
	}
	text = r == 0 ? manifest_format(&m) : NULL;
	return text ? blob_write(im->req->store, text, strlen(text), ret, e) : r;
}

/* Keeps only the names that TAG means; false if none. */
static bool keep_chosen(struct strv *tags, const char *tag)
{
	struct strv all = *tags;

	*tags = (struct strv){0};
	for (size_t i = 0; i < all.n; i++)
		if (has_tag(all.v[i], tag))
			strv_push(tags, all.v[i]);
	strv_clear(&all);
	return tags->n > 0;
}

static int several_images(const json_t *list, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = json_get_list(json_array_get(list, i), "RepoTags", IMAGES_MAX, &names, e);
	return r < 0 ? r : several_names(&names, e);
}

static int import_docker_image(struct importing *im, const json_t *j, struct err *e)
{
	cleanup_strv struct strv tags = {0}, layers = {0};
	cleanup_free char *config = NULL;
	struct ref ref = {0};
	int r = json_get_text(j, "Config", &config, e);

	if (r == 0)
		r = json_get_list(j, "RepoTags", IMAGES_MAX, &tags, e);
	if (r == 0)
		r = json_get_list(j, "Layers", IMAGE_MAX_LAYERS, &layers, e);
	if (r == 0 && !config)
		r = err_set(e, EBADMSG, "an image of it has no config");
	if (r < 0)
		return r;
	if (im->tag && !keep_chosen(&tags, im->tag))
		return 0;
	if (im->req->name) {
		if (im->names->n)
			return several_names(&tags, e);
		strv_clear(&tags);
		strv_push(&tags, im->req->name);
	} else if (!tags.n) {
		strv_push_take(&tags, base_name(im->path));
	}
	r = convert(im, config, &layers, &ref.manifest, e);
	for (size_t i = 0; r == 0 && i < tags.n; i++)
		r = install(im, &ref, tags.v[i], e);
	return r;
}

/* The images of a docker-archive. */
static int import_docker(struct importing *im, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT, wrapped = BUF_INIT;
	cleanup_json json_t *j = NULL;
	json_t *list;
	int r = bundle_read(&im->bundle, "manifest.json", &text, e);

	if (r < 0)
		return r;
	/* It is an array, while every other document is an object. */
	buf_addf(&wrapped, "{\"images\":%s}", text.data);
	r = json_read(wrapped.data, wrapped.len, "manifest.json", &j, e);
	if (r == 0 && json_get(j, "images", JSON_ARRAY, &list, e) < 0)
		r = err_set(e, EBADMSG, "its manifest.json is not a list of images");
	if (r == 0 && (!json_array_size(list) || json_array_size(list) > IMAGES_MAX))
		r = err_set(e, EBADMSG, "its manifest.json lists no image, or too many");
	if (r == 0 && im->req->name && !im->tag && json_array_size(list) > 1)
		r = several_images(list, e);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = import_docker_image(im, json_array_get(list, i), e);
	if (r == 0 && !im->names->n)
		r = no_image(im, e);
	return r;
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
		       "it is not a complete archive of images: neither index.json nor "
		       "manifest.json is in it");
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
	return r < 0 ? r : install(im, &ref, im->req->name, e);
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
		return err_set(e, EBADMSG,
			       "the directory is not an OCI layout; 'dir:%s' runs a root file "
			       "system as it is",
			       im->path);
	return import_oci(im, e);
}

static int try_open(const char *path)
{
	return streq(path, "-") ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
				: open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/*
 * Opens SOURCE as it is; else the part before one of its colons, the last for which that is a file,
 * and a tag.
 */
static int open_source(struct importing *im, int *ret_fd, struct err *e)
{
	char *end;
	int errnum, fd;

	im->path = xstrdup(im->req->source);
	fd = try_open(im->path);
	errnum = errno;
	while (fd < 0 && (end = strrchr(im->path, ':')) && end != im->path) {
		*end = '\0';
		fd = try_open(im->path);
	}
	if (fd < 0)
		return err_sys(e, errnum, "cannot open it");
	if (!streq(im->path, im->req->source))
		im->tag = xstrdup(im->req->source + strlen(im->path) + 1);
	/* A completed directory name ends with a slash. */
	for (end = im->path + strlen(im->path); end > im->path + 1 && end[-1] == '/';)
		*--end = '\0';
	*ret_fd = fd;
	return 0;
}

int image_import(const struct import_request *req, struct strv *names, struct err *e)
{
	__attribute__((cleanup(importing_clear))) struct importing im = {
		.req = req, .bundle = {.store = req->store, .layout = -1}, .names = names};
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
