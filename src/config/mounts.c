/*
 * mounts.c - [mounts]: from `target = source and options` to absolute paths.
 *
 * Owns the grammar of a mount. Paths are resolved by text alone: who follows links does so when
 * the box is built, beneath its root.
 */
#include "config/mounts.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/value.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Is word an option? If so, notes it in ret. */
static bool take_option(const char *word, struct mount_value *ret)
{
	if (streq(word, "ro") || streq(word, "rw") || streq(word, "overlay")) {
		ret->read_only = streq(word, "ro");
		ret->overlay = streq(word, "overlay");
	} else if (!starts_with(word, "size=") || !value_size(word + strlen("size="), &ret->size)) {
		return false;
	}
	return true;
}

/* Cuts the options off the end of text, which leaves the source. The last of two options wins. */
static void cut_options(char *text, struct mount_value *ret)
{
	bool have_mode = false, have_size = false;

	for (;;) {
		size_t len = strlen(text);
		char *word;

		while (len && is_blank(text[len - 1]))
			text[--len] = '\0';
		for (word = text + len; word > text && !is_blank(word[-1]); word--)
			;
		/* One of a kind: a second "ro" is the end of a path with a blank in it. */
		if (word == text || (*word != 's' ? have_mode : have_size) ||
		    !take_option(word, ret))
			return;
		if (*word != 's')
			have_mode = true;
		else
			have_size = true;
		*word = '\0';
	}
}

int mount_value_parse(const char *value, struct mount_value *ret, struct err *e)
{
	cleanup_free char *text = xstrdup(value);
	struct mount_value m = {.kind = MOUNT_SETTING_BIND};
	const char *source = text;

	cut_options(text, &m);
	if (streq(text, "tmpfs")) {
		m.kind = MOUNT_SETTING_TMPFS;
		source = NULL;
	} else if (starts_with(text, "cache:")) {
		m.kind = MOUNT_SETTING_CACHE;
		source = text + strlen("cache:");
		if (!value_name(source))
			return err_set(e, ERR_USAGE, "bad name of a cache '%.80s'", source);
	} else if (!*text) {
		return err_set(e, ERR_USAGE, "expected a folder, cache:NAME or tmpfs");
	}
	if (m.size && m.kind != MOUNT_SETTING_TMPFS)
		return err_set(e, ERR_USAGE, "size= is for tmpfs only");
	if (m.overlay && m.kind != MOUNT_SETTING_BIND)
		return err_set(e, ERR_USAGE, "overlay is for folders only");
	m.source = xstrdup(source);
	*ret = m;
	return 0;
}

static char *resolve_target(const char *target, const char *home)
{
	if (*target == '~')
		return path_normalize(home, target[1] ? target + 2 : ".");
	return path_normalize("/", target);
}

/* A target spelled in two ways is one target: the later entry wins. */
static void drop_target(struct mount_setting *v, size_t *n, const char *target)
{
	for (size_t i = 0; i < *n; i++) {
		if (!streq(v[i].target, target))
			continue;
		free(v[i].target);
		free(v[i].source);
		memmove(v + i, v + i + 1, (*n - i - 1) * sizeof(*v));
		(*n)--;
		return;
	}
}

int settings_mounts(const struct settings *s, const char *home, struct mount_setting **ret,
		    size_t *ret_n, struct err *e)
{
	struct mount_setting *v = xcalloc(s->n, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct setting *st = &s->v[i];
		struct mount_value m = {0};
		char *target;

		if (!streq(st->section, "mounts"))
			continue;
		if (mount_value_parse(st->value, &m, e) < 0) {
			mount_settings_free(v, n);
			return err_add(e, "%s", st->source);
		}
		if (m.kind == MOUNT_SETTING_BIND) {
			char *path = settings_path(st, m.source);

			free(m.source);
			m.source = path;
		}
		target = resolve_target(st->key, home);
		drop_target(v, &n, target);
		v[n++] = (struct mount_setting){
			.kind = m.kind,
			.target = target,
			.source = m.source,
			.read_only = m.read_only,
			.overlay = m.overlay,
			.size = m.size,
			.own = m.kind == MOUNT_SETTING_CACHE && s->project_dir && !st->shared &&
			       st->from == SETTING_FROM_SHIPPED,
			.where = st->source,
		};
	}
	*ret = v;
	*ret_n = n;
	return 0;
}

void mount_settings_free(struct mount_setting *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].target);
		free(v[i].source);
	}
	free(v);
}
