/*
 * resolution.c - see resolution.h.
 */
#include "image/devcontainer/resolution.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "config/devcontainer_file.h"
#include "config/schema.h"

void resolution_clear(struct resolution *r)
{
	buf_free(&r->out);
	strv_clear(&r->read);
}

static void add_field(struct resolution *r, const char *text)
{
	buf_addch(&r->out, '\t');
	devcontainer_field(&r->out, text);
}

static void add_line(struct resolution *r, const char *word, const char *text)
{
	buf_addstr(&r->out, word);
	add_field(r, text);
	buf_addch(&r->out, '\n');
}

/* Is it the first time? */
static bool is_new(struct resolution *r, const char *what)
{
	if (strv_has(&r->read, what))
		return false;
	strv_push(&r->read, what);
	return true;
}

static void add_stamp(struct resolution *r, const struct stat *st, const char *path)
{
	cleanup_free char *stamp = devcontainer_stamp(st);

	if (!is_new(r, path))
		return;
	buf_addf(&r->out, "file\t%s", stamp);
	add_field(r, path);
	buf_addch(&r->out, '\n');
}

bool resolution_look(struct resolution *r, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0) {
		add_stamp(r, &st, path);
		return true;
	}
	if (is_new(r, path))
		add_line(r, "none", path);
	return false;
}

int resolution_read(struct resolution *r, const char *path, size_t max, struct buf *out,
		    struct err *e)
{
	cleanup_close int fd = file_open_read(AT_FDCWD, path, path, e);
	struct stat st;

	if (fd < 0) {
		if (fd == -ENOENT)
			resolution_look(r, path);
		return fd;
	}
	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "cannot read '%s'", path);
	add_stamp(r, &st, path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(e, EPERM, "'%s' belongs to another user", path);
	return file_read_fd(fd, path, max, out, e);
}

const char *resolution_env(struct resolution *r, const char *name)
{
	cleanup_free char *what = xasprintf("$%s", name);
	const char *value = getenv(name);

	if (!is_new(r, what))
		return value;
	buf_addstr(&r->out, "env");
	add_field(r, name);
	if (value)
		add_field(r, value);
	buf_addch(&r->out, '\n');
	return value;
}

void resolution_from(struct resolution *r, const char *path, const char *sha256)
{
	buf_addstr(&r->out, "from");
	add_field(r, path);
	add_field(r, sha256);
	buf_addch(&r->out, '\n');
}

void resolution_image(struct resolution *r, const char *image)
{
	add_line(r, "image", image);
}

void resolution_build(struct resolution *r, const char *name, const char *last,
		      const struct strv *words)
{
	const char *const names[] = {"--tag", name, "--tag", last};

	/* A word each: an argument's value may have newlines. */
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		add_line(r, "build", names[i]);
	for (size_t i = 0; i < words->n; i++)
		add_line(r, "build", words->v[i]);
}

static void add_text(struct resolution *r, const char *word, const struct said_at *at,
		     const char *text)
{
	cleanup_free char *line = xasprintf("%u", at->line), *quoted = err_quote_all(text);

	buf_addstr(&r->out, word);
	add_field(r, at->where);
	add_field(r, line);
	add_field(r, quoted);
	buf_addch(&r->out, '\n');
}

void resolution_error(struct resolution *r, const struct said_at *at, const char *text)
{
	add_text(r, "error", at, text);
}

void resolution_note(struct resolution *r, const struct said_at *at, const char *fmt, ...)
{
	cleanup_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	add_text(r, "note", at, text);
}

void resolution_cannot(struct resolution *r, const struct said_at *at, const char *fmt, ...)
{
	cleanup_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	add_text(r, "cannot", at, text);
}

/* One that could reach a terminal, or end a line, where nobody expects it; or 0. */
static unsigned char control_in(const char *text, const char *allowed)
{
	for (; *text; text++)
		if (((unsigned char)*text < ' ' && !strchr(allowed, *text)) || *text == 0x7f)
			return (unsigned char)*text;
	return 0;
}

/* A variable's value may be anything, and a command may have several lines. */
static unsigned char control_of(const char *section, const char *key, const char *value)
{
	unsigned char control = control_in(key, "");

	if (control || starts_with(section, "env"))
		return control;
	return control_in(value, schema_is_script(section, key) ? "\t\n" : "\t");
}

void resolution_set(struct resolution *r, const struct said_at *at, const char *what,
		    const char *section, const char *key, const char *value, const char *variables)
{
	const struct schema_key *row = NULL;
	cleanup_free char *line = xasprintf("%u", at->line);
	const char *fields[] = {
		section, key, at->where, line, r->project, variables ? variables : "", value};
	unsigned char control = control_of(section, key, value);
	struct err e;

	if (control) {
		resolution_note(r, at, "%s is left out: it has the control character \\x%02x", what,
				control);
		return;
	}
	if (schema_check(section, key, value, &row, &e) < 0) {
		resolution_note(r, at, "%s is left out: %s", what, e.msg);
		return;
	}
	buf_addstr(&r->out, "set");
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		add_field(r, fields[i]);
	buf_addch(&r->out, '\n');
}

void resolution_set_key(struct resolution *r, const struct said_at *at, const char *what,
			enum schema_id id, const char *value)
{
	resolution_set(r, at, what, schema_keys[id].section, schema_keys[id].key, value, NULL);
}
