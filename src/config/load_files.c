/*
 * load_files.c - reading, checking and merging files and what they include.
 *
 * Promises that a file is read and merged once, however often it is named. Refuses files that
 * include each other, chains that are too deep, and too many files or settings.
 */
#include "config/load.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/path.h"
#include "config/profile.h"
#include "config/value.h"

/* Relative to the current directory, if that is short. */
char *load_display_name(const struct loader *ld, const char *path)
{
	const char *base = path_basename(path), *below;
	size_t cwd_len = strlen(ld->cwd), dir_len = (size_t)(base - path) - 1;

	if (streq(path, ld->cwd))
		return xstrdup(".");
	if (cwd_len > 1 && path_is_beneath(path, ld->cwd))
		return xstrdup(path + cwd_len + 1);
	if (!dir_len || strncmp(path, ld->cwd, dir_len) != 0 || ld->cwd[dir_len] != '/')
		return xstrdup(path);
	below = strchr(ld->cwd + dir_len + 1, '/');
	if (!below)
		return xasprintf("../%s", base);
	return strchr(below + 1, '/') ? xstrdup(path) : xasprintf("../../%s", base);
}

int load_setting(struct loader *ld, const struct schema_key *row, const char *section,
		 const char *key, const char *value, char *source, const char *dir,
		 const struct load_file *file)
{
	struct settings *s = ld->out;
	struct setting st = {.row = row,
			     .section = xstrdup(section),
			     .key = xstrdup(key),
			     .value = xstrdup(value),
			     .source = source,
			     .dir = xstrdup(dir),
			     .users = !file,
			     .users_file = ld->users,
			     .from = file ? file->from : SETTING_FROM_FILE};

	if (row->type != SCHEMA_SCRIPT)
		for (char *p = st.value; (p = strchr(p, '\n')); p++)
			*p = ' ';
	for (size_t i = schema_adds(row) ? s->n : 0; i < s->n; i++) {
		struct setting old = s->v[i];

		if (!streq(old.key, key) || !streq(old.section, section))
			continue;
		memmove(s->v + i, s->v + i + 1, (s->n - i - 1) * sizeof(*s->v));
		s->v[s->n - 1] = st;
		free(old.section);
		free(old.key);
		free(old.value);
		free(old.source);
		free(old.dir);
		free(old.variables);
		return 0;
	}
	if (s->n == ld->cap) {
		ld->cap = ld->cap ? ld->cap * 2 : 64;
		s->v = xrealloc(s->v, ld->cap, sizeof(*s->v));
	}
	s->v[s->n++] = st;
	if (s->n > LOAD_MAX_SETTINGS)
		return err_set(ld->e, ERR_USAGE, "%s: more than %d settings", source,
			       LOAD_MAX_SETTINGS);
	return 0;
}

bool load_is_entry_of(const struct ini_entry *entry, enum schema_id id)
{
	return entry->key && schema_find(entry->section, entry->key) == &schema_keys[id];
}

static int check_entry(struct loader *ld, const struct ini_entry *entry, bool project)
{
	const struct schema_key *row;
	const char *variant;

	if (entry->key) {
		if (!project && load_is_entry_of(entry, KEY_PROFILE))
			return err_set(ld->e, ERR_USAGE,
				       "'profile' belongs in sandbox.ini, a profile has 'include'");
		return schema_check(entry->section, entry->key, entry->value, &row, ld->e);
	}
	variant = schema_variant(entry->section);
	if (variant && !strv_has(&ld->variants, variant))
		strv_push(&ld->variants, variant);
	return schema_check_section(entry->section, ld->e);
}

static int check_file(struct loader *ld, const struct ini *ini, const char *name, bool project)
{
	for (size_t i = 0; i < ini->n; i++)
		if (check_entry(ld, &ini->v[i], project) < 0)
			return err_add(ld->e, "%s:%u", name, ini->v[i].line);
	return 0;
}

int load_merge(struct loader *ld, const struct load_file *f)
{
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < f->ini.n; i++) {
			const struct ini_entry *entry = &f->ini.v[i];
			const char *variant = schema_variant(entry->section);
			int r;

			if (!entry->key || (variant != NULL) != (pass == 1))
				continue;
			if (variant && (!ld->req->variant || !streq(variant, ld->req->variant)))
				continue;
			r = load_setting(ld, schema_find(entry->section, entry->key),
					 entry->section, entry->key, entry->value,
					 xasprintf("%s:%u", f->name, entry->line), f->dir, f);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static char *chain_text(const struct loader *ld, const char *last)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < ld->chain.n; i++)
		buf_addf(&b, "%s -> ", ld->chain.v[i]);
	buf_addstr(&b, last);
	return buf_detach(&b);
}

/* Notes that a file is being read. Returns 1 if it is already merged, 0 if it is new. */
static int note_file(struct loader *ld, const struct ini *ini, const char *name)
{
	cleanup_free char *chain = NULL;

	for (size_t i = 0; i < ld->n_files; i++) {
		if (ld->files[i].dev != ini->dev || ld->files[i].ino != ini->ino)
			continue;
		if (!ld->files[i].open)
			return 1;
		chain = chain_text(ld, name);
		return err_set(ld->e, ERR_USAGE, "files include each other: %s", chain);
	}
	if (ld->chain.n >= LOAD_MAX_DEPTH) {
		chain = chain_text(ld, name);
		return err_set(ld->e, ERR_USAGE, "includes nested deeper than %d: %s",
			       LOAD_MAX_DEPTH, chain);
	}
	if (ld->n_files >= LOAD_MAX_FILES)
		return err_set(ld->e, ERR_USAGE, "more than %d files included", LOAD_MAX_FILES);
	ld->files[ld->n_files++] = (struct file_id){ini->dev, ini->ino, true};
	strv_push(&ld->chain, name);
	return 0;
}

void load_close(struct loader *ld, const struct load_file *f)
{
	free(ld->chain.v[--ld->chain.n]);
	ld->chain.v[ld->chain.n] = NULL;
	for (size_t i = 0; i < ld->n_files; i++)
		if (ld->files[i].dev == f->ini.dev && ld->files[i].ino == f->ini.ino)
			ld->files[i].open = false;
}

void load_file_clear(struct load_file *f)
{
	free(f->name);
	free(f->path);
	free(f->dir);
	ini_clear(&f->ini);
	*f = (struct load_file){0};
}

/* Prefixes the message with "where: ", if something asked for the file. */
static int asked_at(struct loader *ld, const char *where)
{
	return where ? err_add(ld->e, "%s", where) : -ld->e->code;
}

int load_open(struct loader *ld, const char *path, bool project, bool system, const char *where,
	      struct load_file *ret)
{
	cleanup_load_file struct load_file f = {
		.name = load_display_name(ld, path),
		.path = xstrdup(path),
		.dir = path_normalize(path, ".."),
		.from = project	 ? SETTING_FROM_PROJECT
			: system ? SETTING_FROM_SHIPPED
				 : SETTING_FROM_FILE,
	};
	int r = ini_read(path, f.name, system, schema_is_script, &f.ini, ld->e);

	if (r < 0)
		return r == -ERR_USAGE ? r : asked_at(ld, where);
	r = note_file(ld, &f.ini, f.name);
	if (r != 0)
		return r < 0 ? asked_at(ld, where) : r;
	r = check_file(ld, &f.ini, f.name, project);
	if (r < 0)
		return r;
	*ret = f;
	f = (struct load_file){0};
	return 0;
}

/* Loads one file with everything it includes. */
static int load_one(struct loader *ld, const char *name, const char *path, bool system,
		    const char *where)
{
	cleanup_load_file struct load_file f = {0};
	int r = load_open(ld, path, false, system, where, &f);

	if (r != 0)
		return r < 0 ? r : 0;
	strv_push(&ld->out->files, name);
	strv_push_take(&ld->out->files, xasprintf("sha256:%s", f.ini.sha256));
	strv_push(&ld->out->file_paths, path);
	r = load_key(ld, &f, KEY_INCLUDE);
	load_close(ld, &f);
	return r < 0 ? r : load_merge(ld, &f);
}

int load_names(struct loader *ld, const char *list, const char *where, const char *dir,
	       const char *from)
{
	cleanup_strv struct strv names = {0};

	value_words(list, &names);
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *path = NULL;
		bool system;
		int r;

		if (profile_find(names.v[i], dir, from, &path, &system, ld->e) < 0)
			return err_add(ld->e, "%s", where);
		r = load_one(ld, names.v[i], path, system, where);
		if (r < 0)
			return r;
	}
	return 0;
}

int load_key(struct loader *ld, const struct load_file *f, enum schema_id id)
{
	for (size_t i = 0; i < f->ini.n; i++) {
		const struct ini_entry *entry = &f->ini.v[i];
		cleanup_free char *where = NULL;
		int r;

		if (!load_is_entry_of(entry, id))
			continue;
		where = xasprintf("%s:%u", f->name, entry->line);
		r = load_names(ld, entry->value, where, f->dir, f->path);
		if (r < 0)
			return r;
	}
	return 0;
}
