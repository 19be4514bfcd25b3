/*
 * reach.c - what of the host a project may have.
 */
#include "box/reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "box/lend.h"

#define REACH_MAX (1u << 20)

/* Values of [sandbox] that open something to the box. */
static const struct {
	const char *key, *value;
} opening[] = {
	{"home", "host"}, {"network", "host"}, {"nested", "yes"},
	{"perf", "yes"},  {"io-uring", "yes"},
};

/* The built-in value of a key is what every box has: no project asks for it. */
static bool is_default(const struct settings *s, const char *key)
{
	return !settings_find(s, "sandbox", key);
}

static bool opens(const struct settings *s, size_t i)
{
	const char *key = opening[i].key, *value = opening[i].value;
	bool on = streq(value, "yes") ? settings_bool(s, "sandbox", key)
				      : streq(settings_get(s, "sandbox", key), value);

	return on && !settings_is_users(s, key);
}

static char *opening_line(size_t i)
{
	return xasprintf("%s = %s", opening[i].key, opening[i].value);
}

static void add_line(const char *line, struct strv *out)
{
	char quoted[9000];

	strv_push(out, err_quote(quoted, sizeof(quoted), line));
}

/* The folder becomes the root of the box, to be read by whatever runs there. */
static int add_image(const struct settings *s, struct strv *out, struct err *e)
{
	const struct setting *st = settings_find(s, "sandbox", "image");
	cleanup_free char *path = NULL, *real = NULL, *line = NULL;

	if (!st || !starts_with(st->value, "dir:") || settings_is_users(s, "image"))
		return 0;
	path = path_normalize(s->project_dir ? s->project_dir : "/", st->value + strlen("dir:"));
	real = realpath(path, NULL);
	if (!real)
		return err_sys(e, errno, "%s: cannot use image '%s'", st->source, st->value);
	line = xasprintf("image = dir:%s", real);
	if (!s->project_dir || !path_is_beneath(real, s->project_dir))
		add_line(line, out);
	return 0;
}

/* A program of the host's shell is hidden by the box's, as long as it stands in the project. */
static void add_exports(const struct settings *s, struct strv *out)
{
	cleanup_strv struct strv programs = {0};

	settings_list(s, "sandbox", "export", &programs);
	for (size_t i = 0; i < programs.n; i++) {
		cleanup_free char *line = xasprintf("export = %s", programs.v[i]);

		if (!strv_has(out, line))
			add_line(line, out);
	}
}

/* Code in the box reads what was copied. */
static int add_dotfiles(const struct settings *s, struct strv *out, struct err *e)
{
	const struct setting *st = settings_find(s, "sandbox", "dotfiles");
	cleanup_free char *path = NULL, *real = NULL, *line = NULL;

	if (!st || settings_is_users(s, "dotfiles"))
		return 0;
	path = settings_path(st, st->value);
	real = realpath(path, NULL);
	if (!real)
		return err_sys(e, errno, "%s: cannot use the dotfiles '%s'", st->source, st->value);
	line = xasprintf("dotfiles = %s", real);
	if (!s->project_dir || !path_is_beneath(real, s->project_dir))
		add_line(line, out);
	return 0;
}

int reach_add_settings(const struct settings *s, struct strv *out, struct err *e)
{
	int r = add_dotfiles(s, out, e);

	if (r < 0)
		return r;
	add_exports(s, out);
	for (size_t i = 0; i < ARRAY_SIZE(opening); i++)
		if (opens(s, i))
			strv_push_take(out, opening_line(i));
	return add_image(s, out, e);
}

void reach_add_mount(const char *source, const char *target, bool read_only, struct strv *out)
{
	cleanup_free char *line = xasprintf("%s = %s%s", target, source, read_only ? " ro" : "");

	add_line(line, out);
}

static int add_mounts(const struct settings *s, const char *home, struct strv *out, struct err *e)
{
	struct mount_setting *v = NULL;
	size_t n = 0;
	int r = settings_mounts(s, home, &v, &n, e);

	for (size_t i = 0; r == 0 && i < n; i++) {
		cleanup_free char *source = NULL;

		if (v[i].kind == MOUNT_SETTING_TMPFS)
			continue;
		source = v[i].kind == MOUNT_SETTING_CACHE ? xasprintf("cache:%s", v[i].source)
							  : realpath(v[i].source, NULL);
		if (!source)
			r = err_sys(e, errno, "%s: cannot mount '%s'", v[i].where, v[i].source);
		else if (!s->project_dir || !path_is_beneath(source, s->project_dir))
			reach_add_mount(source, v[i].target, v[i].read_only || v[i].overlay, out);
	}
	mount_settings_free(v, n);
	return r;
}

static void add_defaults(const struct settings *s, struct strv *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(opening); i++)
		if (opens(s, i) && is_default(s, opening[i].key))
			strv_push_take(out, opening_line(i));
}

/* Those of lines that given has not. */
static void subtract(const struct strv *lines, const struct strv *given, struct strv *out)
{
	for (size_t i = 0; i < lines->n; i++)
		if (!strv_has(given, lines->v[i]))
			strv_push(out, lines->v[i]);
}

int reach_keep(const struct box *b, const struct strv *reach, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;

	for (size_t i = 0; i < reach->n; i++)
		buf_addf(&text, "%s\n", reach->v[i]);
	return file_write_atomic(b->dir_fd, "reach", text.data, text.len, 0600, e);
}

static int read_kept(const struct box *b, struct strv *out, bool *ret_exists, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	char *save = NULL;
	int r = file_read(b->dir_fd, "reach", REACH_MAX, &text, e);

	*ret_exists = r != -ENOENT;
	if (r < 0)
		return *ret_exists ? r : 0;
	for (char *line = strtok_r(text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		strv_push(out, line);
	return 0;
}

int reach_kept(const struct box *b, struct strv *out, struct err *e)
{
	bool exists;

	return read_kept(b, out, &exists, e);
}

int reach_ask(const struct box *b, const struct settings *s, const char *home,
	      const struct reach_asker *asker, struct strv *ret_granted, struct err *e)
{
	cleanup_strv struct strv all = {0}, given = {0}, asked = {0};
	cleanup_lending struct lending lent = {0};
	bool exists = false;
	int r = b ? read_kept(b, &given, &exists, e) : 0;

	if (r == 0)
		r = reach_add_settings(s, &all, e);
	if (r == 0)
		r = lend_find(s, home, &lent, e);
	for (size_t i = 0; i < lent.reach.n; i++)
		strv_push(&all, lent.reach.v[i]);
	if (r == 0)
		r = add_mounts(s, home, &all, e);
	if (r < 0)
		return r;
	if (!exists)
		add_defaults(s, &given);
	subtract(&all, &given, &asked);
	r = asked.n ? asker->ask(s->project_dir, &asked, !exists, asker->arg, e) : 0;
	for (size_t i = 0; r == 0 && i < asked.n; i++)
		strv_push(ret_granted, asked.v[i]);
	return r;
}

int reach_check(const struct box *b, const struct settings *s, const struct strv *reach,
		const struct strv *granted, const struct reach_asker *asker, struct err *e)
{
	cleanup_strv struct strv given = {0}, more = {0};
	bool exists;
	int r = read_kept(b, &given, &exists, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < granted->n; i++)
		strv_push(&given, granted->v[i]);
	if (!exists)
		add_defaults(s, &given);
	subtract(reach, &given, &more);
	if (!more.n)
		return !exists;
	r = asker->ask(b->project, &more, !exists, asker->arg, e);
	return r < 0 ? r : 1;
}
