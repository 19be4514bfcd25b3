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
#include "base/path.h"
#include "config/devcontainer_file.h"
#include "config/mount_value.h"
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

static int read_open(struct resolution *r, int fd, const char *path, size_t max, struct buf *out,
		     struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "cannot read '%s'", path);
	add_stamp(r, &st, path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(e, EPERM, "'%s' belongs to another user", path);
	return file_read_fd(fd, path, max, out, e);
}

/* Is there something at the path, elsewhere? Beneath the project nothing was found. */
static bool leads_out(const struct resolution *r, const char *path)
{
	cleanup_free char *real = realpath(path, NULL);

	return real && !path_is_beneath(real, r->project);
}

int resolution_read_inside(struct resolution *r, const char *path, size_t max, struct buf *out,
			   struct err *e)
{
	cleanup_close int project = -1, fd = -1;
	int n;

	if (!path_is_beneath(path, r->project) || streq(path, r->project))
		return err_set(e, EPERM, "'%s' is not in the project", path);
	project = open(r->project, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (project < 0)
		return err_sys(e, errno, "cannot open '%s'", r->project);
	n = path_open_beneath(project, path + strlen(r->project), O_RDONLY | O_NONBLOCK | O_NOCTTY,
			      0, &fd, e);
	if ((n == -ENOENT || n == -ENOTDIR || n == -ELOOP) && leads_out(r, path)) {
		resolution_look(r, path);
		return err_set(e, EPERM, "'%s' leads out of the project by a symlink", path);
	}
	if (n == -ENOENT || n == -ENOTDIR) {
		resolution_look(r, path);
		return err_set(e, ENOENT, "there is no file '%s'", path);
	}
	return n < 0 ? n : read_open(r, fd, path, max, out, e);
}

int resolution_read(struct resolution *r, const char *path, size_t max, struct buf *out,
		    struct err *e)
{
	cleanup_close int fd = file_open_read(AT_FDCWD, path, path, e);

	if (fd < 0) {
		if (fd == -ENOENT)
			resolution_look(r, path);
		return fd;
	}
	return read_open(r, fd, path, max, out, e);
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

/* Services can have one image. */
static void add_service_build(struct resolution *r, const char *name, const struct strv *words)
{
	cleanup_free char *what = xasprintf("build %s", name);

	if (!is_new(r, what))
		return;
	for (size_t i = 0; i < words->n; i++) {
		buf_addstr(&r->out, "build-service");
		add_field(r, name);
		add_field(r, words->v[i]);
		buf_addch(&r->out, '\n');
	}
}

void resolution_build(struct resolution *r, const char *service, const char *name, const char *last,
		      const struct strv *words)
{
	const char *const names[] = {"--tag", name, "--tag", last};

	/* A word each: an argument's value may have newlines. */
	for (size_t i = 0; !service && i < ARRAY_SIZE(names); i++)
		add_line(r, "build", names[i]);
	for (size_t i = 0; !service && i < words->n; i++)
		add_line(r, "build", words->v[i]);
	if (service)
		add_service_build(r, name, words);
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

/* Text for a shell, and words in quotes. */
static bool may_have_lines(const char *section, const char *key)
{
	static const char *const commands[] = {"command", "entrypoint", "health"};

	return schema_is_script(section, key) ||
	       (starts_with(section, "service ") && is_among(key, commands, ARRAY_SIZE(commands)));
}

/* The text of a file. */
static bool is_text(const char *section, const char *key, const char *value)
{
	return starts_with(value, MOUNT_TEXT) &&
	       (streq(section, "mounts") || starts_with(key, "file."));
}

/* A variable's value and a file's text may be anything, and a command may have several lines. */
static unsigned char control_of(const char *section, const char *key, const char *value)
{
	unsigned char control = control_in(key, "");

	if (control || starts_with(section, "env") || starts_with(key, "env.") ||
	    is_text(section, key, value))
		return control;
	return control_in(value, may_have_lines(section, key) ? "\t\n" : "\t");
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
