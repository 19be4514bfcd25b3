/*
 * copy_archive.c - unpacks an archive as the entries of an image's layer are, by the same code.
 *
 * Names that mean whiteouts in a layer are refused, and those that lead out of the destination.
 * What is said of the directory itself is not applied to it, as in Docker.
 */
#include "build/copy_archive.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "image/layer/inflate.h"
#include "image/layer/unpack.h"

#define READ_BYTES (256u << 10)

/* The stream that libarchive reads. */
struct plain {
	int fd;
	struct inflate *z;
	char *buffer;
	struct archive *a;
	struct err err; /* libarchive cannot pass it on */
	bool failed;
};

static la_ssize_t read_plain(struct archive *a, void *ctx, const void **ret)
{
	struct plain *p = ctx;
	ssize_t n = inflate_read(p->z, p->buffer, READ_BYTES, &p->err);

	if (n < 0) {
		p->failed = true;
		la.archive_set_error(a, EIO, "cannot read");
	}
	*ret = p->buffer;
	return n;
}

static void plain_close(struct plain *p)
{
	if (p->a)
		la.archive_read_free(p->a);
	if (p->z)
		inflate_close(p->z);
	free(p->buffer);
}

/* The struct may not move, and fd is read from its beginning. */
static int plain_open(struct plain *p, int fd, struct err *e)
{
	const struct byte_source packed = {.read = source_read_fd, .ctx = &p->fd};
	int r;

	*p = (struct plain){.fd = fd, .buffer = xcalloc(1, READ_BYTES)};
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, errno, "cannot read it");
	r = inflate_open(COMPRESSION_GUESS, packed, &p->z, e);
	if (r == 0)
		r = libarchive_reader(&p->a, e);
	if (r < 0)
		return r;
	if (la.archive_read_support_format_tar(p->a) != ARCHIVE_OK ||
	    la.archive_read_open(p->a, p, NULL, read_plain, NULL) != ARCHIVE_OK)
		return err_set(e, EBADMSG, "it is no archive");
	return 0;
}

int copy_archive_is_one(int fd, struct err *e)
{
	__attribute__((cleanup(plain_close))) struct plain p = {0};
	struct archive_entry *entry;
	struct err why;
	int r = plain_open(&p, fd, &why);

	if (r == -ELIBACC) {
		*e = why;
		return r;
	}
	return r == 0 && la.archive_read_next_header(p.a, &entry) == ARCHIVE_OK;
}

static int refuse_whiteouts(const char *path, struct err *e)
{
	for (const char *name = path; *name; name += strcspn(name, "/"), name += *name == '/')
		if (starts_with(name, ".wh."))
			return err_set(
				e, ENOTSUP,
				"its entry '%s' would remove another file: no layer can hold "
				"this name",
				path);
	return 0;
}

static int add_entry(struct copy_layer *l, struct unpack *u, struct archive *a,
		     struct archive_entry *entry, struct err *e)
{
	const char *raw = la.archive_entry_pathname(entry);
	cleanup_free char *path = NULL;
	int r = unpack_clean_name(raw ? raw : "", &path, e);

	if (r < 0 || !*path)
		return r;
	r = refuse_whiteouts(path, e);
	if (r < 0)
		return r;
	if (l->manner->owner) {
		la.archive_entry_set_uid(entry, l->manner->owner->uid);
		la.archive_entry_set_gid(entry, l->manner->owner->gid);
	}
	return unpack_entry(u, a, entry, e);
}

static int add_entries(struct copy_layer *l, struct unpack *u, struct plain *p, struct err *e)
{
	struct archive_entry *entry;
	int r = 0;

	while (r == 0) {
		int got = la.archive_read_next_header(p->a, &entry);

		if (got == ARCHIVE_EOF)
			break;
		if (p->failed) {
			*e = p->err;
			return -e->code;
		}
		if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
			return err_set(e, EBADMSG, "it is damaged: %s",
				       la.archive_error_string(p->a) ? la.archive_error_string(p->a)
								     : "?");
		r = add_entry(l, u, p->a, entry, e);
	}
	return r < 0 ? r : unpack_finish(u, e);
}

static void move_notes(const struct strv *from, const char *dir, struct strv *to)
{
	for (size_t i = 0; i < from->n; i++) {
		const char *path = from->v[i];

		if (*path)
			strv_push_take(to, *dir ? path_join(dir, path) : xstrdup(path));
	}
}

/* What was noted and written relative to the directory becomes part of the layer's. */
static int take_over(struct copy_layer *l, const char *real, int meta_fd,
		     const struct layer_notes *n, struct err *e)
{
	char buffer[16384];
	ssize_t len;
	int r = meta_move(meta_fd, "", real, e);

	if (r < 0)
		return r;
	move_notes(&n->implicit, real, &l->notes.implicit);
	move_notes(&n->opaque, real, &l->notes.opaque);
	move_notes(&n->links, real, &l->notes.links);
	move_notes(&n->targets, real, &l->notes.targets);
	if (lseek(meta_fd, 0, SEEK_SET) < 0)
		return err_sys(e, errno, "cannot read the layer's sidecar");
	while ((len = read(meta_fd, buffer, sizeof(buffer))) > 0)
		fwrite(buffer, 1, (size_t)len, l->meta);
	return len < 0 ? err_sys(e, errno, "cannot read the layer's sidecar") : 0;
}

static int unpack_into(struct copy_layer *l, const char *real, int fd, struct err *e)
{
	__attribute__((cleanup(plain_close))) struct plain p = {0};
	const struct layer_limits limits = {
		.max_bytes = l->manner->limits.max_bytes ? l->manner->limits.max_bytes : UINT64_MAX,
		.max_entries = l->manner->limits.max_entries ? l->manner->limits.max_entries
							     : UINT64_MAX,
	};
	cleanup_close int meta_fd = memfd_create("sidecar", MFD_CLOEXEC), dir = -1;
	cleanup_fclose FILE *meta = NULL;
	struct layer_notes notes = {0};
	struct unpack u;
	int r = plain_open(&p, fd, e);

	if (r == 0)
		r = copy_layer_open(l, real, &dir, e);
	if (r < 0)
		return r;
	meta = meta_fd >= 0 ? fdopen(dup(meta_fd), "w+") : NULL;
	if (!meta)
		return err_sys(e, errno, "cannot write the layer's sidecar");
	unpack_init(&u, dir, meta, &limits, &notes);
	/* A line of ours may be about a file that it replaces. */
	u.rewritten = l->entries > 0;
	r = add_entries(l, &u, &p, e);
	l->rewritten = true;
	unpack_clear(&u);
	if (r == 0 && fflush(meta) != 0)
		r = err_sys(e, errno, "cannot write the layer's sidecar");
	if (r == 0)
		r = take_over(l, real, meta_fd, &notes, e);
	layer_notes_clear(&notes);
	return r;
}

/* Names are bytes and must stay so: as in layer.c. For this thread only. */
int copy_archive_unpack(struct copy_layer *l, const char *real, int fd, struct err *e)
{
	locale_t bytes = newlocale(LC_CTYPE_MASK, "C", (locale_t)0), before;
	int r;

	if (!bytes)
		return err_sys(e, errno, "cannot use the C locale");
	before = uselocale(bytes);
	r = unpack_into(l, real, fd, e);
	uselocale(before);
	freelocale(bytes);
	return r;
}
