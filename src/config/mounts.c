/*
 * mounts.c - [mounts]: from `target = source and options` to absolute paths.
 *
 * Owns the grammar of a mount, and what its source leads to: nothing else parses or resolves one. Targets
 * are resolved by text alone: who follows links does so when the box is built, beneath its root.
 */
#include "config/mounts.h"

#include <errno.h>
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
		return err_set(e, ERR_USAGE, "expected a directory, cache:NAME or tmpfs");
	}
	if (m.size && m.kind != MOUNT_SETTING_TMPFS)
		return err_set(e, ERR_USAGE, "size= is for tmpfs only");
	if (m.overlay && m.kind != MOUNT_SETTING_BIND)
		return err_set(e, ERR_USAGE, "overlay is for directories only");
	m.source = xstrdup(source);
	*ret = m;
	return 0;
}

void mount_sources_free(struct mount_source **v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!v[i])
			continue;
		free(v[i]->value.source);
		free(v[i]->path);
		free(v[i]->real);
		free(v[i]);
	}
	free(v);
}

/* To resolve is no change of what the settings are: it is done for who only reads them. */
static struct mount_source **place_of(const struct settings *s, size_t i)
{
	struct settings *own = (struct settings *)s;

	if (i >= own->n_mounts)
		own->mounts = xrealloc(own->mounts, own->n, sizeof(void *));
	while (i >= own->n_mounts)
		own->mounts[own->n_mounts++] = NULL;
	return &own->mounts[i];
}

int settings_mount(const struct settings *s, size_t i, const struct mount_source **ret,
		   struct err *e)
{
	struct mount_source **place = place_of(s, i), *m = *place;
	struct mount_value value;

	*ret = m;
	if (m)
		return 0;
	if (mount_value_parse(s->v[i].value, &value, e) < 0)
		return err_add(e, "%s", s->v[i].source);
	*ret = *place = m = xcalloc(1, sizeof(*m));
	m->value = value;
	if (value.kind != MOUNT_SETTING_BIND)
		return 0;
	m->path = settings_path(&s->v[i], value.source);
	m->real = realpath(m->path, NULL);
	m->error = m->real ? 0 : errno;
	m->outside = !m->real || !s->project_dir || !path_is_beneath(m->real, s->project_dir);
	return 0;
}

char *image_folder(const char *image, const char *base)
{
	if (!starts_with(image, "dir:"))
		return NULL;
	return path_normalize(base ? base : "/", image + strlen("dir:"));
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
		const struct mount_source *m;
		char *target;

		if (!streq(st->section, "mounts"))
			continue;
		if (settings_mount(s, i, &m, e) < 0) {
			mount_settings_free(v, n);
			return -e->code;
		}
		target = resolve_target(st->key, home);
		drop_target(v, &n, target);
		v[n++] = (struct mount_setting){
			.kind = m->value.kind,
			.target = target,
			.source = m->path ? m->path : m->value.source,
			.real = m->real,
			.error = m->error,
			.outside = m->outside,
			.read_only = m->value.read_only,
			.overlay = m->value.overlay,
			.size = m->value.size,
			.own = m->value.kind == MOUNT_SETTING_CACHE && s->project_dir &&
			       !st->shared && st->from == SETTING_FROM_SHIPPED,
			.users = st->users_file,
			.at = i,
			.where = st->source,
		};
	}
	*ret = v;
	*ret_n = n;
	return 0;
}

void mount_settings_free(struct mount_setting *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(v[i].target);
	free(v);
}
