/*
 * ref.c - refs/<name>.
 *
 * Promises that a name is there whole or not at all, after a power cut too. Refuses file names that
 * are not names of images, so that nothing else in refs/ is ever opened.
 */
#include "image/name/ref.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"

#define REF_MAX_BYTES 256

char *ref_name(const struct reference *r)
{
	if (!r->digest.hex[0])
		return reference_name(r);
	return xasprintf("%s/%s@%s", r->registry, r->path, digest_text(&r->digest).s);
}

static char *ref_path(const char *name)
{
	cleanup_free char *file = reference_to_file(name);

	return xasprintf("refs/%s", file);
}

/* Parses "sha256:...\n" at *text and moves *text behind it. */
static int parse_line(char **text, struct digest *ret, struct err *e)
{
	char *end = strchr(*text, '\n');
	int r;

	if (!end)
		return err_set(e, EBADMSG, "the line is cut off");
	*end = '\0';
	r = digest_parse(*text, ret, e);
	*text = end + 1;
	return r;
}

/* Not a regular file, far too long, or a dangling symlink. */
static bool is_damaged(int datafd, const char *path, int r)
{
	return r == -EINVAL || r == -EFBIG || r == -ELOOP ||
	       (r == -ENOENT && faccessat(datafd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
}

static int damaged(const char *name, const char *path, struct err *e)
{
	e->code = EBADMSG;
	return err_add(e, "the name '%s' is damaged in the store ('%s'): pull it again", name,
		       path);
}

int ref_read(int datafd, const char *name, struct ref *ret, struct err *e)
{
	cleanup_buf struct buf b = BUF_INIT;
	cleanup_free char *path = ref_path(name);
	struct ref ref = {0};
	char *text;
	int r = file_read(datafd, path, REF_MAX_BYTES, &b, e);

	/* A dangling symlink exists. */
	if (r == -ENOENT && faccessat(datafd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(e, EBADMSG, "the name '%s' is damaged in the store ('%s')", name,
			       path);
	if (r < 0)
		return is_damaged(datafd, path, r) ? damaged(name, path, e) : r;
	text = b.data;
	r = parse_line(&text, &ref.manifest, e);
	if (r == 0 && *text)
		r = parse_line(&text, &ref.index, e);
	if (r < 0)
		return damaged(name, path, e);
	*ret = ref;
	return 0;
}

int ref_write(int datafd, const char *name, const struct ref *ref, struct err *e)
{
	cleanup_buf struct buf b = BUF_INIT;
	cleanup_free char *path = ref_path(name);
	int r;

	buf_addf(&b, "%s\n", digest_text(&ref->manifest).s);
	if (ref->index.hex[0])
		buf_addf(&b, "%s\n", digest_text(&ref->index).s);
	if (file_holds(datafd, path, b.data, b.len))
		return 0;
	r = file_write_atomic(datafd, path, b.data, b.len, 0600, e);
	/* Somebody has put a directory there. */
	if (r == -EISDIR && (r = file_remove_tree(datafd, path, e)) == 0)
		r = file_write_atomic(datafd, path, b.data, b.len, 0600, e);
	return r;
}

int ref_remove(int datafd, const char *name, struct err *e)
{
	cleanup_free char *path = ref_path(name);

	/*
	 * Whatever is there; if it is already gone, that is an error, because somebody else has
	 * removed it.
	 */
	if (faccessat(datafd, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "cannot remove the name '%s'", name);
	return file_remove_tree(datafd, path, e);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Could ref_name() have returned it? */
static bool is_name(const char *name)
{
	cleanup_reference struct reference ref = {0};
	cleanup_free char *again = NULL;
	struct err ignored;

	if (reference_parse(name, "docker.io", &ref, &ignored) < 0)
		return false;
	again = ref_name(&ref);
	return streq(again, name);
}

int ref_list(int datafd, struct strv *ret_names, struct err *e)
{
	cleanup_strv struct strv files = {0};
	int r = dir_names(datafd, "refs", &files, e);

	if (r < 0)
		return r == -ENOENT ? 0 : err_add(e, "cannot list the images");
	for (size_t i = 0; i < files.n; i++) {
		cleanup_free char *name = reference_from_file(files.v[i]);

		if (name && is_name(name))
			strv_push_take(ret_names, take_ptr(name));
	}
	if (ret_names->n)
		qsort(ret_names->v, ret_names->n, sizeof(*ret_names->v), compare_names);
	return 0;
}
