/*
 * settings.c - reading merged settings: values with their built-in defaults, lists, paths, the
 * environment, and what is not implemented yet.
 */
#include "config/settings.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/env.h"
#include "config/mount_value.h"
#include "config/schema.h"
#include "config/value.h"
#include "config/xdg.h"

void settings_clear(struct settings *s)
{
	strv_clear(&s->files);
	strv_clear(&s->file_paths);
	mount_sources_free(s->mounts, s->n_mounts);
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].section);
		free(s->v[i].key);
		free(s->v[i].value);
		free(s->v[i].source);
		free(s->v[i].dir);
		free(s->v[i].variables);
	}
	strv_clear(&s->notes);
	free(s->devcontainer);
	free(s->devcontainer_image);
	strv_clear(&s->devcontainer_build);
	strv_clear(&s->service_builds);
	free(s->devcontainer_cannot);
	free(s->v);
	free(s->project_dir);
	free(s->project_file);
	free(s->network_denied);
	*s = (struct settings){0};
}

void settings_add(struct settings *s, const struct setting *st)
{
	s->v = xrealloc(s->v, s->n + 1, sizeof(*s->v));
	s->v[s->n++] = (struct setting){.row = st->row,
					.section = xstrdup(st->section),
					.key = xstrdup(st->key),
					.value = xstrdup(st->value),
					.source = xstrdup(st->source),
					.dir = xstrdup(st->dir),
					.users = st->users,
					.users_file = st->users_file,
					.from = st->from,
					.variables = xstrdup(st->variables),
					.shared = st->shared};
}

struct setting setting_of(enum schema_id id, const char *value, const char *source)
{
	const struct schema_key *row = &schema_keys[id];

	return (struct setting){.row = row,
				.section = (char *)row->section,
				.key = (char *)row->key,
				.value = (char *)value,
				.source = (char *)source,
				.dir = (char *)"/"};
}

bool setting_is(const struct setting *st, enum schema_id id)
{
	return st->row == &schema_keys[id];
}

const struct setting *settings_find(const struct settings *s, enum schema_id id)
{
	for (size_t i = s->n; i-- > 0;)
		if (setting_is(&s->v[i], id))
			return &s->v[i];
	return NULL;
}

const char *settings_get(const struct settings *s, enum schema_id id)
{
	const struct setting *st = settings_find(s, id);

	return st ? st->value : schema_keys[id].value;
}

bool settings_is_users(const struct settings *s, enum schema_id id)
{
	const struct setting *st = settings_find(s, id);

	return st && st->users;
}

const struct setting *settings_next(const struct settings *s, const struct setting *st,
				    enum schema_id id)
{
	for (size_t i = st ? (size_t)(st - s->v) + 1 : 0; i < s->n; i++)
		if (setting_is(&s->v[i], id))
			return &s->v[i];
	return NULL;
}

void settings_list(const struct settings *s, enum schema_id id, struct strv *out)
{
	const struct setting *st = NULL;

	while ((st = settings_next(s, st, id)))
		value_words(st->value, out);
}

/* The schema was already checked: a value that is set has its type's form. */
bool settings_protects_git(const struct settings *s)
{
	cleanup_strv struct strv words = {0};
	bool found = false;

	settings_list(s, KEY_PROTECT, &words);
	for (size_t i = 0; i < words.n && !found; i++) {
		cleanup_free char *word = path_normalize("/", words.v[i]);

		found = streq(word, "/.git");
	}
	return found;
}

bool settings_bool(const struct settings *s, enum schema_id id)
{
	const char *value = settings_get(s, id);
	bool b = false;

	if (value)
		value_bool(value, &b);
	return b;
}

long settings_duration_ms(const struct settings *s, enum schema_id id)
{
	const char *value = settings_get(s, id);
	long ms = 0;

	if (value)
		value_duration(value, &ms);
	return ms;
}

char *settings_path(const struct setting *st, const char *path)
{
	cleanup_free char *home = NULL;

	if (!streq(path, "~") && !starts_with(path, "~/"))
		return path_normalize(st->dir, path);
	home = xdg_home();
	return path_normalize(home, path[1] ? path + 2 : ".");
}

/* Names a section once, by its first key; a key of [sandbox] by itself. */
void settings_pending(const struct settings *s, struct strv *out)
{
	cleanup_strv struct strv seen = {0};

	if (s->devcontainer_cannot)
		strv_push(out, s->devcontainer_cannot);
	for (size_t i = 0; i < s->notes.n; i++)
		strv_push(out, s->notes.v[i]);
	for (size_t i = 0; i < s->n; i++) {
		const struct setting *st = &s->v[i];
		bool key = schema_is_main(st->row);
		const char *what = key ? st->key : st->section;

		if (!st->row->pending || strv_has(&seen, what))
			continue;
		strv_push(&seen, what);
		strv_push_take(
			out, key ? xasprintf("%s: '%s' is not implemented yet", st->source, what)
				 : xasprintf("%s: [%s] is not implemented yet", st->source, what));
	}
}

int settings_apply_env(const struct settings *s, struct strv *env, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct setting *st = &s->v[i];
		cleanup_free char *value = NULL;

		if (!setting_is(st, KEY_ENV))
			continue;
		if (env_expand(st->value, env, &value, e) < 0)
			return err_add(e, "%s: %s", st->source, st->key);
		env_set(env, st->key, value);
	}
	return 0;
}

bool settings_user_is_root(const char *user)
{
	size_t len = strcspn(user, ":");

	return (len == 1 && *user == '0') || (len == 4 && strncmp(user, "root", len) == 0);
}

bool box_name_valid(const char *name)
{
	return value_name(name);
}

bool settings_lend_agent(const struct settings *s)
{
	for (size_t i = 0; i < s->devcontainer_build.n; i++)
		if (streq(s->devcontainer_build.v[i], "--ssh"))
			return true;
	for (size_t i = 0; i < s->service_builds.n; i++)
		if (ends_with(s->service_builds.v[i], "\n--ssh"))
			return true;
	return false;
}
