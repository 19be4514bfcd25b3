/*
 * layout.c - writing index.json (image-spec, image-layout.md). refs/ is the truth: an index.json
 * that another tool has changed is simply written again.
 */
#include "image/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/file_time.h"
#include "base/log.h"
#include "base/new_file.h"
#include "image/document/json_read.h"
#include "image/document/manifest.h"
#include "image/name/ref.h"

#define LOCK_FILE "index.lock"
#define INDEX	  "index.json"
#define INDEX_TMP "tmp/" IMAGE_TMP_PREFIX "index"
#define MARK	  "oci-layout"
#define MARK_TEXT "{\"imageLayoutVersion\":\"1.0.0\"}"

#define INDEX_MAX_BYTES (64u << 20)
#define SETTLE_MS	10000 /* from setting a name to its index, on a busy machine */
#define MARK_MAX_BYTES	4096

/* 1: this store has the blob; 0: it does not; or an error. */
static int is_here(const struct image_store *s, const struct digest *d, struct err *e)
{
	cleanup_free char *path = xasprintf("blobs/sha256/%s", d->hex);
	struct stat st;

	if (fstatat(s->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return S_ISREG(st.st_mode);
	return errno == ENOENT ? 0 : err_sys(e, errno, "cannot look at '%s/%s'", s->path, path);
}

static int is_whole(const struct image_store *s, const struct manifest *m, struct err *e)
{
	int r = is_here(s, &m->config.digest, e);

	for (size_t i = 0; r == 1 && i < m->n_layers; i++)
		r = is_here(s, &m->layers[i].digest, e);
	return r;
}

/* What is missing or malformed cannot be listed; what cannot be read may still be there. */
static bool is_damage(int r)
{
	return r == -ENOENT || r == -EBADMSG || r == -EFBIG || r == -EINVAL;
}

/* The descriptor of a name; *ret is NULL if it cannot be listed. */
static int describe(const struct image_store *s, const char *name, json_t **ret, struct err *e)
{
	cleanup_manifest struct manifest m = {0};
	cleanup_buf struct buf text = BUF_INIT;
	struct ref ref;
	int r = ref_read(s->fd, name, &ref, e);

	if (r == 0)
		r = is_here(s, &ref.manifest, e);
	if (r == 1)
		r = blob_read(s, &ref.manifest, MANIFEST_MAX_BYTES, &text, e);
	else if (r == 0)
		return 0;
	if (r == 0 && manifest_parse(text.data, text.len, &m, e) < 0)
		return 0;
	if (r == 0)
		r = is_whole(s, &m, e);
	if (r == 1)
		*ret = json_pack("{s:s, s:s, s:I, s:{s:s}}", "mediaType", m.media_type, "digest",
				 digest_text(&ref.manifest).s, "size", (json_int_t)text.len,
				 "annotations", "org.opencontainers.image.ref.name", name);
	return r >= 0 || is_damage(r) ? 0 : r;
}

/* The right content of index.json; the caller frees it. */
static int make_text(const struct image_store *s, char **ret, struct err *e)
{
	cleanup_strv struct strv names = {0};
	json_t *manifests = json_array();
	cleanup_json json_t *index = json_pack("{s:i, s:s, s:o}", "schemaVersion", 2, "mediaType",
					       MEDIA_OCI_INDEX, "manifests", manifests);
	char *text;
	int r = ref_list(s->fd, &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		json_t *d = NULL;

		r = describe(s, names.v[i], &d, e);
		if (d)
			json_array_append_new(manifests, d);
	}
	if (r < 0)
		return err_add(e, "cannot write '%s/" INDEX "'", s->path);
	text = json_dumps(index, JSON_INDENT(1));
	if (!text)
		return err_set(e, ENOMEM, "cannot write '%s/" INDEX "'", s->path);
	*ret = text;
	return 0;
}

static int lock_index(const struct image_store *s, int *ret_fd, struct err *e)
{
	cleanup_close int lock = openat(s->fd, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int r;

	if (lock < 0)
		return err_sys(e, errno, "cannot make '%s/" LOCK_FILE "'", s->path);
	r = file_lock(lock, LOCK_FILE, e);
	if (r == 0)
		*ret_fd = take_fd(&lock);
	return r;
}

static int refs_time(const struct image_store *s, struct timespec *ret, struct err *e)
{
	struct stat st;

	if (fstatat(s->fd, "refs", &st, 0) < 0)
		return err_sys(e, errno, "cannot look at '%s/refs'", s->path);
	*ret = st.st_mtim;
	return 0;
}

bool layout_is_current(const struct image_store *s)
{
	struct timespec refs = {0};
	struct stat st;
	struct err ignored;

	return refs_time(s, &refs, &ignored) == 0 && fstatat(s->fd, INDEX, &st, 0) == 0 &&
	       st.st_mtim.tv_sec == refs.tv_sec && st.st_mtim.tv_nsec == refs.tv_nsec;
}

int layout_update(const struct image_store *s, struct err *e)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
	cleanup_free char *text = NULL;
	cleanup_close int lock = -1;
	int r = lock_index(s, &lock, e);

	/* The time first: a name that is set while the names are read changes it. */
	if (r == 0)
		r = refs_time(s, &times[1], e);
	/* A name that is set afterwards may not change it: the next command writes the index again. */
	if (r == 0 && file_time_is_fresh_now(&times[1]))
		times[1].tv_sec--;
	if (r == 0)
		r = make_text(s, &text, e);
	if (r == 0)
		r = file_write_atomic(s->fd, INDEX_TMP, text, strlen(text), 0600, e);
	if (r == 0 && (utimensat(s->fd, INDEX_TMP, times, 0) < 0 ||
		       renameat(s->fd, INDEX_TMP, s->fd, INDEX) < 0))
		r = err_sys(e, errno, "cannot write '%s/" INDEX "'", s->path);
	return r < 0 ? r : sync_dir(s->fd, ".", e);
}

int layout_mark(const struct image_store *s, struct err *e)
{
	return file_write_atomic(s->fd, MARK, MARK_TEXT, strlen(MARK_TEXT), 0600, e);
}

/*
 * -EAGAIN: it is older than a change of a name. That is looked at while nobody can write it, so it
 * is not one that was written since it was read.
 */
static int check_index(const struct image_store *s, struct err *e)
{
	cleanup_buf struct buf there = BUF_INIT;
	cleanup_free char *text = NULL;
	cleanup_close int lock = -1;
	int r = lock_index(s, &lock, e);

	if (r == 0)
		r = make_text(s, &text, e);
	if (r < 0)
		return r;
	r = file_read(s->fd, INDEX, INDEX_MAX_BYTES, &there, e);
	if (r == -ENOENT)
		return err_set(e, EBADMSG, "is missing");
	if (r < 0 && !is_damage(r))
		return r;
	if (r == 0 && there.len == strlen(text) && memcmp(there.data, text, there.len) == 0)
		return 0;
	return err_set(e, layout_is_current(s) ? EBADMSG : EAGAIN,
		       "is not what the names of the store say");
}

int layout_heal(const struct image_store *s, struct err *e)
{
	struct err late;

	if (faccessat(s->fd, MARK, F_OK, 0) < 0 && layout_mark(s, e) < 0)
		return -e->code;
	if (!layout_is_current(s) && layout_update(s, &late) < 0)
		log_debug("%s", late.msg);
	return 0;
}

/* Another command may be between setting its name and writing the index: wait a moment. */
int layout_check_index(const struct image_store *s, struct err *e)
{
	int r = check_index(s, e);

	for (int waited = 0; r == -EAGAIN && waited < SETTLE_MS; waited += 10) {
		usleep(10 * 1000);
		r = check_index(s, e);
	}
	if (r == -EAGAIN)
		r = -(e->code = EBADMSG);
	return r;
}

int layout_check_mark(const struct image_store *s, struct err *e)
{
	cleanup_buf struct buf there = BUF_INIT;
	cleanup_json json_t *j = NULL;
	cleanup_free char *version = NULL;
	int r = file_read(s->fd, MARK, MARK_MAX_BYTES, &there, e);

	if (r == 0)
		r = json_read(there.data, there.len, MARK, &j, e);
	if (r == 0)
		r = json_get_text(j, "imageLayoutVersion", &version, e);
	if (r < 0 && !is_damage(r))
		return r;
	return r == 0 && version && streq(version, "1.0.0")
		       ? 0
		       : err_set(e, EBADMSG, "does not say that this is an OCI layout");
}

int layout_find(const struct image_store *s, const char *name, struct digest *ret, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_index struct image_index index = {0};
	int r = file_read(s->fd, INDEX, INDEX_MAX_BYTES, &text, e);

	if (r == 0)
		r = image_index_parse(text.data, text.len, &index, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < index.n; i++) {
		if (!index.v[i].ref_name || !streq(index.v[i].ref_name, name))
			continue;
		*ret = index.v[i].d.digest;
		return 0;
	}
	return err_set(e, ENOENT, INDEX " does not have the name '%s'", name);
}
