/*
 * lend_cdi.c - the GPU as CDI specifications describe it.
 *
 * The launcher reads no YAML: sandbox-image makes a list of lines (image/document/cdi.h), which is
 * kept in the data directory as `cdi`, headed by the names, sizes and times of the files it was
 * made from. It is valid while these are the same. Promises that a mount which is not a public part
 * of the system, read-only, needs consent like any mount, and so does a device that `gpu = yes`
 * alone would not lend.
 */
#include "grant/lend_cdi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/file_time.h"
#include "base/path.h"
#include "config/env.h"
#include "config/xdg.h"
#include "grant/lend_devices.h"
#include "grant/reach_line.h"
#include "rootfs/image_program.h"

#define FILES_MAX 64
#define LIST_MAX  (4u << 20)
#define FORMAT	  "cdi 1\n" /* of the list: any other is made again */

static bool is_spec(const char *name)
{
	return name[0] != '.' && (ends_with(name, ".json") || ends_with(name, ".yaml"));
}

/* Appends the files of a directory, and what identifies their versions to heading. */
static int add_files(const char *folder, struct strv *files, struct buf *heading, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = dir_names(AT_FDCWD, folder, &names, e);

	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR || r == -EACCES ? 0 : r;
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *path = path_join(folder, names.v[i]);
		cleanup_free char *quoted = err_quote_all(path);
		struct stat st;

		if (is_spec(names.v[i]) && stat(path, &st) == 0) {
			strv_push(files, path);
			buf_addf(heading, "%s %lld ", quoted, (long long)st.st_size);
			file_time_add(&st.st_mtim, heading);
			buf_addf(heading, " %llu\n", (unsigned long long)st.st_ino);
		}
	}
	return 0;
}

/* Runs sandbox-image to make the list, and keeps it; if it cannot be kept it is made each time. */
static int make_list(const struct strv *files, struct buf *heading, const char *path,
		     struct buf *out, struct err *e)
{
	const char *words[FILES_MAX + 4] = {"image", "cdi", "--"};
	struct err ignored;
	int r, status = 0;

	if (files->n > FILES_MAX)
		return err_set(e, E2BIG,
			       "there are more than %d specifications in /run/cdi and "
			       "/etc/cdi",
			       FILES_MAX);
	memcpy(words + 3, files->v, files->n * sizeof(*words));
	r = image_program_read(words, out, &status, e);
	if (r < 0)
		return r;
	if (status != 0)
		return err_set(e, ERR_SAID, "sandbox-image failed");
	buf_add(heading, out->data, out->len);
	file_write_atomic(AT_FDCWD, path, heading->data, heading->len, 0600, &ignored);
	return 0;
}

/* The lines; none if there are no files. */
static int read_list(struct buf *out, struct err *e)
{
	cleanup_free char *data = xdg_data_dir(), *path = path_join(data, "cdi");
	cleanup_buf struct buf heading = BUF_INIT, kept = BUF_INIT;
	cleanup_strv struct strv files = {0};
	struct err ignored;
	int r;

	buf_addstr(&heading, FORMAT);
	/* The first that defines a device wins. */
	r = add_files("/run/cdi", &files, &heading, e);
	if (r == 0)
		r = add_files("/etc/cdi", &files, &heading, e);
	if (r < 0)
		return r;
	if (!files.n)
		return 0;
	buf_addstr(&heading, "\n");
	if (file_read(AT_FDCWD, path, LIST_MAX, &kept, &ignored) == 0 &&
	    starts_with(kept.data, heading.data)) {
		buf_addstr(out, kept.data + heading.len);
		return 0;
	}
	return make_list(&files, &heading, path, out, e);
}

/* What the lines are parsed into. */
struct cdi {
	struct lending *l;
	bool host_image, libraries;
	size_t missing;
	char first[256]; /* first thing that is missing */
};

static void add_missing(struct cdi *c, const char *path)
{
	if (!c->missing++)
		err_quote(c->first, sizeof(c->first), path);
}

/* Is it already lent, by itself or in a directory? */
static bool is_lent(const struct lending *l, const char *real, const char *target)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct lent *v = &l->v[i];

		if (streq(v->target, target) ||
		    (path_is_beneath(target, v->target) && path_is_beneath(real, v->source) &&
		     streq(target + strlen(v->target), real + strlen(v->source))))
			return true;
	}
	return false;
}

static void take_node(struct cdi *c, const char *host, const char *target)
{
	cleanup_free char *real = realpath(host, NULL), *line = NULL;
	struct stat st;

	if (!real || stat(real, &st) < 0) {
		add_missing(c, host);
		return;
	}
	if (!lend_is_device(real, &st)) {
		lending_note(c->l, "skipped: '%s' is not a device that can be lent", host);
		return;
	}
	if (is_lent(c->l, real, target) || !lending_add(c->l, real, target, true))
		return;
	c->l->v[c->l->n - 1].device = true;
	line = streq(real, target) ? xasprintf("gpu = %s", target)
				   : xasprintf("gpu = %s = %s", target, real);
	reach_add_line(line, &c->l->reach);
}

/* Is it part of the system, whose programs and libraries are public? */
static bool is_system(const char *path)
{
	static const char *const folders[] = {"/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin"};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (path_is_beneath(path, folders[i]))
			return true;
	return false;
}

static bool is_public(const char *real)
{
	struct stat st;

	return is_system(real) && stat(real, &st) == 0 && (st.st_mode & S_IROTH);
}

/* The image host has the system's own files, and nothing can be added there. */
static void take_mount(struct cdi *c, const char *host, const char *target, bool read_only)
{
	cleanup_free char *real = NULL;

	if (c->host_image && is_system(target))
		return;
	real = realpath(host, NULL);
	if (!real)
		add_missing(c, host);
	else if (!is_lent(c->l, real, target) && lending_add(c->l, real, target, read_only) &&
		 !(read_only && is_public(real)))
		reach_add_mount(real, target, read_only, &c->l->reach);
}

/* It is also a mount, whose line for consent exists. */
static void take_library(struct cdi *c, const char *host, const char *name)
{
	cleanup_free char *target = xasprintf(LEND_DRIVER "/lib/%s", name);

	if (!c->host_image && !strchr(name, '/') && !is_lent(c->l, host, target))
		c->libraries |= lending_add(c->l, host, target, true);
}

static void take_line(struct cdi *c, char *line)
{
	const char *what = strsep(&line, "\t"), *first = line ? strsep(&line, "\t") : NULL;
	const char *second = line ? strsep(&line, "\t") : NULL;

	if (!first)
		return;
	if (streq(what, "note"))
		lending_note(c->l, "%s", first);
	else if (streq(what, "node") && second)
		take_node(c, first, second);
	else if (streq(what, "mount") && second && line)
		take_mount(c, second, line, streq(first, "ro"));
	else if (streq(what, "library") && second)
		take_library(c, first, second);
	else if (streq(what, "env")) {
		cleanup_free char *ask = xasprintf("gpu = %s", first);

		reach_add_line(ask, &c->l->reach);
	}
}

int lend_cdi(struct lending *l, bool host_image, bool *ret_libraries, struct err *e)
{
	struct cdi c = {.l = l, .host_image = host_image};
	cleanup_buf struct buf list = BUF_INIT;
	char *rest, *line;
	int r = read_list(&list, e);

	if (r < 0)
		return r;
	for (rest = list.data; rest && (line = strsep(&rest, "\n"));)
		take_line(&c, line);
	if (c.missing)
		lending_note(
			l,
			"the specifications in /run/cdi and /etc/cdi name what this machine does "
			"not have: '%s'%s: they are older than its driver",
			c.first, c.missing > 1 ? " and more" : "");
	*ret_libraries = c.libraries;
	return 0;
}

bool lend_cdi_env(struct strv *out)
{
	cleanup_buf struct buf list = BUF_INIT;
	struct err ignored; /* lend_cdi() reports it */
	bool libraries = false;
	char *rest, *line;

	if (read_list(&list, &ignored) < 0)
		return false;
	for (rest = list.data; rest && (line = strsep(&rest, "\n"));) {
		libraries |= starts_with(line, "library\t");
		if (starts_with(line, "env\t")) {
			char *text = line + strlen("env\t"), *name = strsep(&text, "=");

			if (text)
				env_set(out, name, text);
		}
	}
	return libraries;
}
