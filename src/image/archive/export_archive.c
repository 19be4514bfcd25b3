/*
 * export_archive.c - the file that an archive is written to, whole under its name or not at all;
 * and its members.
 */
#include "image/archive/export_archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/new_file.h"
#include "image/layer/pack.h"
#include "image/name/hash.h"

#define BLOCK_BYTES (1 << 20)

struct writing {
	const char *file;
	bool pax;
	export_fill *fill;
	void *arg;
};

int export_failed(struct archive *a, struct err *e)
{
	const char *what = la.archive_error_string(a) ? la.archive_error_string(a) : "?";
	int errnum = la.archive_errno(a);

	return errnum > 0 ? err_sys(e, errnum, "cannot write the archive: %s", what)
			  : err_set(e, EIO, "cannot write the archive: %s", what);
}

int export_begin(struct archive *a, const char *name, uint64_t size, struct err *e)
{
	bool folder = ends_with(name, "/");
	struct archive_entry *entry = la.archive_entry_new();
	int r;

	la.archive_entry_set_pathname(entry, name);
	la.archive_entry_set_filetype(entry, folder ? AE_IFDIR : AE_IFREG);
	la.archive_entry_set_perm(entry, folder ? 0755 : 0644);
	la.archive_entry_set_size(entry, (la_int64_t)size);
	la.archive_entry_set_mtime(entry, 0, 0);
	r = la.archive_write_header(a, entry);
	la.archive_entry_free(entry);
	return r == ARCHIVE_OK || r == ARCHIVE_WARN ? 0 : export_failed(a, e);
}

int export_text(struct archive *a, const char *name, const char *text, size_t len, struct err *e)
{
	int r = export_begin(a, name, len, e);

	if (r == 0 && la.archive_write_data(a, text, len) != (la_ssize_t)len)
		r = export_failed(a, e);
	return r;
}

int export_fd(struct archive *a, const char *name, int fd, uint64_t size,
	      const struct digest *expected, struct err *e)
{
	cleanup_free char *buffer = xcalloc(1, EXPORT_COPY_BYTES);
	cleanup_hash struct hash *h = hash_new();
	struct digest actual;
	uint64_t done = 0;
	ssize_t n;
	int r = export_begin(a, name, size, e);

	while (r == 0 && (n = pread(fd, buffer, EXPORT_COPY_BYTES, (off_t)done)) > 0) {
		hash_update(h, buffer, (size_t)n);
		done += (uint64_t)n;
		if (la.archive_write_data(a, buffer, (size_t)n) != n)
			r = export_failed(a, e);
	}
	if (r < 0)
		return r;
	hash_final(h, &actual);
	if (done != size || (expected->hex[0] && !digest_equal(&actual, expected)))
		return err_set(e, EBADMSG,
			       "the blob %s is corrupt: pull the image again, or see 'sandbox "
			       "image verify'",
			       digest_text(expected).s);
	return 0;
}

static int write_archive(const struct writing *w, int fd, struct err *e)
{
	struct archive *a;
	int r = libarchive_writer(&a, e);

	if (r < 0)
		return r;
	/*
	 * Everything about files that PAX can store, including fractions of seconds; once, in GNU
	 * tar's form.
	 */
	if ((w->pax ? la.archive_write_set_format_pax(a) != ARCHIVE_OK ||
			      la.archive_write_set_format_option(a, "pax", "xattrheader",
								 "SCHILY") != ARCHIVE_OK
		    : la.archive_write_set_format_pax_restricted(a) != ARCHIVE_OK) ||
	    la.archive_write_set_bytes_per_block(a, BLOCK_BYTES) != ARCHIVE_OK ||
	    la.archive_write_set_bytes_in_last_block(a, 1) != ARCHIVE_OK ||
	    la.archive_write_open_fd(a, fd) != ARCHIVE_OK)
		r = err_set(e, EIO, "cannot prepare the archive: %s",
			    la.archive_error_string(a) ? la.archive_error_string(a) : "?");
	else
		r = w->fill(a, w->arg, e);
	if (r == 0 && la.archive_write_close(a) != ARCHIVE_OK)
		r = export_failed(a, e);
	la.archive_write_free(a);
	return r;
}

/* A device or pipe is written to directly: it must not be replaced by a file. */
static int open_special(const char *file)
{
	struct stat st;

	if (streq(file, "-"))
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	if (stat(file, &st) < 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return -1;
	return open(file, O_WRONLY | O_NOCTTY | O_CLOEXEC);
}

static int write_file(const struct writing *w, struct err *e)
{
	cleanup_new_file struct new_file f = NEW_FILE_INIT;
	int r = new_file_open(AT_FDCWD, w->file, NULL, 0666, &f);

	if (r < 0)
		return err_sys(e, -r, "cannot write '%s'", w->file);
	r = write_archive(w, f.fd, e);
	if (r < 0)
		return r;
	r = new_file_finish(&f, true);
	return r < 0 ? err_sys(e, -r, "cannot write '%s'", w->file) : 0;
}

int export_archive(const char *file, bool pax, export_fill *fill, void *arg, struct err *e)
{
	struct writing w = {.file = file, .pax = pax, .fill = fill, .arg = arg};
	cleanup_close int special = open_special(file);

	return special >= 0 ? write_archive(&w, special, e) : write_file(&w, e);
}

static int open_layer(int fd, struct archive **ret, struct err *e)
{
	struct archive *a;
	int r = libarchive_writer(&a, e);

	if (r < 0)
		return r;
	if (la.archive_write_set_format_pax_restricted(a) != ARCHIVE_OK ||
	    la.archive_write_set_format_option(a, "pax", "xattrheader", "SCHILY") != ARCHIVE_OK ||
	    la.archive_write_set_bytes_per_block(a, BLOCK_BYTES) != ARCHIVE_OK ||
	    la.archive_write_set_bytes_in_last_block(a, 1) != ARCHIVE_OK ||
	    la.archive_write_open_fd(a, fd) != ARCHIVE_OK) {
		la.archive_write_free(a);
		return err_set(e, EIO, "cannot prepare the layer's archive");
	}
	*ret = a;
	return 0;
}

static int write_layer(int fd, export_fill *fill, void *arg, struct err *e)
{
	struct archive *a = NULL;
	int r = open_layer(fd, &a, e);

	if (r < 0)
		return r;
	r = fill(a, arg, e);
	if (r == 0 && la.archive_write_close(a) != ARCHIVE_OK)
		r = export_failed(a, e);
	la.archive_write_free(a);
	return r;
}

/* Through a file without a name: packing reads, while libarchive writes. */
int export_layer(const struct image_store *store, export_fill *fill, void *arg,
		 struct descriptor *ret, struct digest *ret_diff_id, struct err *e)
{
	cleanup_free char *tmp = NULL;
	cleanup_close int fd = -1;
	struct byte_source plain = {.read = source_read_fd, .ctx = &fd};
	int r = image_store_tmpfile(store, &tmp, &fd, e);

	if (r < 0)
		return r;
	unlinkat(store->fd, tmp, 0);
	r = write_layer(fd, fill, arg, e);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = err_sys(e, errno, "cannot read the layer's archive");
	return r < 0 ? r : layer_pack(store, plain, ret, ret_diff_id, e);
}
