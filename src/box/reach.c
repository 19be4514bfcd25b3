/*
 * reach.c - what of the host a project may have.
 */
#include "box/reach.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"

#define REACH_MAX (1u << 20)

/* Values of [sandbox] that open something to the box. */
static const struct {
	const char *key, *value;
} opening[] = {
	{"home", "host"}, {"network", "host"}, {"nested", "yes"},
	{"perf", "yes"},  {"io-uring", "yes"},
};

static bool is_users_word(const struct settings *s, const char *key)
{
	const struct setting *st = settings_find(s, "sandbox", key);

	return st && (streq(st->source, "flag") || starts_with(st->source, "SANDBOX_"));
}

void reach_add_settings(const struct settings *s, struct strv *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(opening); i++) {
		const char *key = opening[i].key, *value = opening[i].value;
		bool on = streq(value, "yes") ? settings_bool(s, "sandbox", key)
					      : streq(settings_get(s, "sandbox", key), value);

		if (on && !is_users_word(s, key))
			strv_push_take(out, xasprintf("%s = %s", key, value));
	}
}

void reach_add_mount(const char *source, const char *target, bool read_only, struct strv *out)
{
	cleanup_free char *line = xasprintf("%s = %s%s", target, source, read_only ? " ro" : "");
	char quoted[9000];

	strv_push(out, err_quote(quoted, sizeof(quoted), line));
}

int reach_keep(const struct box *b, const struct strv *reach, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;

	for (size_t i = 0; i < reach->n; i++)
		buf_addf(&text, "%s\n", reach->v[i]);
	return file_write_atomic(b->dir_fd, "reach", text.data, text.len, 0600, e);
}

/* What is kept, as lines between newlines; *ret_exists: whether anything is. */
static int read_kept(const struct box *b, struct buf *out, bool *ret_exists, struct err *e)
{
	int r;

	buf_addch(out, '\n');
	r = file_read(b->dir_fd, "reach", REACH_MAX, out, e);
	*ret_exists = r != -ENOENT;
	return r == -ENOENT ? 0 : r;
}

int reach_check(const struct box *b, const struct strv *reach, bool accept, struct err *e)
{
	cleanup_buf struct buf kept = BUF_INIT, more = BUF_INIT;
	bool exists;
	int r = read_kept(b, &kept, &exists, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < reach->n; i++) {
		cleanup_free char *line = xasprintf("\n%s\n", reach->v[i]);

		if (!strstr(kept.data, line))
			buf_addf(&more, "%s%s", more.len ? "; " : "", reach->v[i]);
	}
	if (exists && !more.len)
		return 0;
	if (exists && !accept)
		return err_set(e, EPERM,
			       "the project now asks for more of this machine than before (%s): "
			       "'sandbox enter --accept' if that is your wish",
			       more.data);
	return 1;
}
