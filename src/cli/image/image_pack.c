/*
 * image_pack.c - `sandbox-image image pack`: the changes of a box as a tar, for `sandbox apply
 * --tar`, which holds the box meanwhile.
 *
 * The same changes give the same bytes: owner root, time 0, sorted by path. A deletion is a
 * whiteout as in layers of OCI images. What apply leaves out is left out here too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"
#include "box/target.h"
#include "changes/apply.h"
#include "cli/image/image_common.h"
#include "cli/image_commands.h"
#include "image/archive/export_archive.h"

#define COPY_BYTES  (1u << 20)
#define PERMISSIONS 0777

struct packing {
	const struct changes *all;
	const char *from; /* absolute */
};

static int write_content(struct archive *a, const struct change *c, int fd, struct err *e)
{
	cleanup_free char *buffer = xcalloc(1, COPY_BYTES);
	off_t done = 0;
	ssize_t n;

	while ((n = read(fd, buffer, COPY_BYTES)) > 0) {
		if (la.archive_write_data(a, buffer, (size_t)n) != n)
			return export_failed(a, e);
		done += n;
	}
	if (n < 0)
		return err_sys(e, errno, "cannot read '%s'", c->path);
	return done == c->st.st_size ? 0 : err_set(e, EIO, "'%s' has changed meanwhile", c->path);
}

static int write_there(struct archive *a, const struct change *c, const char *name, struct err *e)
{
	struct archive_entry *entry = la.archive_entry_new();
	cleanup_free char *folder = xasprintf("%s/", name);
	cleanup_close int fd = -1;
	int r = S_ISREG(c->st.st_mode) ? change_open(c, &fd, e) : 0;

	la.archive_entry_set_pathname(entry, S_ISDIR(c->st.st_mode) ? folder : name);
	la.archive_entry_set_filetype(entry, c->st.st_mode & S_IFMT);
	la.archive_entry_set_perm(entry, c->link ? 0777 : c->st.st_mode & PERMISSIONS);
	la.archive_entry_set_size(entry, fd >= 0 ? c->st.st_size : 0);
	la.archive_entry_set_mtime(entry, 0, 0);
	if (c->link)
		la.archive_entry_set_symlink(entry, c->link);
	if (r == 0 && la.archive_write_header(a, entry) < ARCHIVE_WARN)
		r = export_failed(a, e);
	la.archive_entry_free(entry);
	return r == 0 && fd >= 0 ? write_content(a, c, fd, e) : r;
}

static int write_change(struct archive *a, const struct change *c, const char *name, struct err *e)
{
	const char *base = path_basename(name);
	cleanup_free char *whiteout = xasprintf("%.*s.wh.%s", (int)(base - name), name, base);

	if (c->kind == CHANGE_DELETED)
		return export_text(a, whiteout, "", 0, e);
	/* A reader would take it for the deletion of another file. */
	if (starts_with(base, ".wh.")) {
		log_note("left out: '%s' has the name of a whiteout", c->path);
		return 0;
	}
	if (change_special(c)) {
		log_note("left out: '%s' is a %s", c->path, change_special(c));
		return 0;
	}
	return write_there(a, c, name, e);
}

static int fill(struct archive *a, void *arg, struct err *e)
{
	const struct packing *p = arg;
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->all->n; i++) {
		const char *name = apply_relative(&p->all->v[i], p->from);

		if (*name)
			r = write_change(a, &p->all->v[i], name, e);
	}
	return r;
}

int image_cmd_pack(const struct args *args, int *ret_status, struct err *e)
{
	const struct pack_cli *cli = args->options;
	cleanup_free char *from = path_normalize("/", cli->from ? cli->from : "/");
	cleanup_store struct store s = STORE_INIT;
	cleanup_box struct box b = BOX_INIT;
	cleanup_changes struct changes all = {0};
	struct packing p = {.all = &all, .from = from};
	int r = store_open(&s, e);

	(void)ret_status;
	if (r == 0)
		r = box_find(&s, args->v[0], &b, e);
	if (r == 0)
		r = changes_find(&s, &b, &all, e);
	if (r == 0 && all.incomplete)
		r = err_set(e, EACCES, "the box cannot be read completely, so nothing is packed");
	if (r < 0)
		return r;
	changes_keep(&all, (const char *const *)&from, 1);
	return export_archive(args->v[1], false, fill, &p, e);
}
