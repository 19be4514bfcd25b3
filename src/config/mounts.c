/*
 * mounts.c - [mounts]: from `target = source and options` to absolute paths.
 *
 * Owns the resolution of mount sources: nothing else resolves one. Targets are resolved textually;
 * their symlinks are followed when the box is built, beneath its root.
 */
#include "config/mounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"

/* Resolving is a cache, not a change of the settings: it is allowed on const ones. */
static struct mount_source **place_of(const struct settings *s, size_t i)
{
	struct settings *own = (struct settings *)s;

	if (i >= own->n_mounts)
		own->mounts = xrealloc(own->mounts, own->n, sizeof(void *));
	while (i >= own->n_mounts)
		own->mounts[own->n_mounts++] = NULL;
	return &own->mounts[i];
}

/*
 * Where path will be, once it is made: the part of it that exists has its symlinks followed, and is in
 * the project. NULL, with errno: a part cannot be looked at, or is a symlink to nothing.
 */
static char *real_of_missing(const char *project, const char *path)
{
	cleanup_free char *part = xstrdup(path), *real = NULL;
	struct stat st;
	char *slash;

	while (!(real = realpath(part, NULL))) {
		if (errno != ENOENT)
			return NULL;
		if (lstat(part, &st) == 0 || !(slash = strrchr(part, '/')) || slash == part) {
			errno = ENOENT;
			return NULL;
		}
		*slash = '\0';
	}
	if (!path_is_beneath(real, project)) {
		errno = ENOENT;
		return NULL;
	}
	return xasprintf("%s%s", real, path + strlen(part));
}

static void resolve_source(const struct settings *s, struct mount_source *m)
{
	m->real = realpath(m->path, NULL);
	m->error = m->real ? 0 : errno;
	if (m->error == ENOENT && m->value.create && s->project_dir) {
		m->real = real_of_missing(s->project_dir, m->path);
		m->error = m->real ? 0 : errno;
		m->missing = m->real;
	}
	m->outside = !m->real || !s->project_dir || !path_is_beneath(m->real, s->project_dir);
}

int settings_mount(const struct settings *s, size_t i, const struct mount_source **ret,
		   struct err *e)
{
	struct mount_source **place = place_of(s, i), *m = *place;
	struct mount_value value;

	if (m) {
		*ret = m;
		return 0;
	}
	if (mount_value_parse(s->v[i].value, &value, e) < 0)
		return err_add(e, "%s", s->v[i].source);
	*ret = *place = m = xcalloc(1, sizeof(*m));
	m->value = value;
	if (value.kind != MOUNT_SETTING_BIND)
		return 0;
	m->path = settings_path(&s->v[i], value.source);
	resolve_source(s, m);
	return 0;
}

char *mounts_image_folder(const char *image, const char *base)
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

/* Two spellings of a target are one target: the later entry wins. */
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

		if (!setting_is(st, KEY_MOUNTS))
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
			.missing = m->missing,
			.read_only = m->value.read_only,
			.mode = m->value.mode,
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
