/*
 * recipe.c - from [packages] and [run] to steps.
 *
 * Package managers come first, the system's before those of languages, then [run] by number. A lock
 * replaces what [packages] asks for.
 */
#include "prepare/recipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "config/schema.h"
#include "prepare/managers.h"

#define STEP_FILE_MAX (1u << 20) /* of a larger file only the size counts */

void recipe_clear(struct recipe *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].title);
		free(r->v[i].text);
		free(r->v[i].shared);
		strv_clear(&r->v[i].argv);
	}
	free(r->v);
	*r = (struct recipe){0};
}

const char *recipe_text(const struct recipe *r)
{
	return r->n ? r->v[r->n - 1].text : "";
}

bool recipe_step_has(const struct recipe_step *step, const struct setting *st)
{
	if (setting_is(st, KEY_MOUNTS))
		return starts_with(st->value, "cache:");
	return setting_is(st, KEY_ENV) &&
	       (!step->env || (*step->env && starts_with(st->key, step->env)));
}

/* A recipe that is being written, and the same without what is specific to this machine. */
struct texts {
	struct buf own, shared;
};

static void texts_clear(struct texts *t)
{
	buf_free(&t->own);
	buf_free(&t->shared);
}

static void add_data(struct texts *t, const char *data, size_t len)
{
	buf_add(&t->own, data, len);
	buf_add(&t->shared, data, len);
}

/* With its length, so that no value can be taken for several. */
static void add_field(struct texts *t, const char *kind, const char *value)
{
	cleanup_free char *field = xasprintf("%s %zu\n%s\n", kind, strlen(value), value);

	add_data(t, field, strlen(field));
}

static void end_step(struct recipe_step *step, const struct texts *t)
{
	step->text = xstrdup(t->own.data);
	step->shared = xstrdup(t->shared.data);
}

static void add_settings(const struct settings *s, const struct recipe_step *step,
			 struct texts *text)
{
	for (size_t i = 0; i < s->n; i++)
		if (recipe_step_has(step, &s->v[i])) {
			add_field(text, s->v[i].section, s->v[i].key);
			add_field(text, "value", s->v[i].value);
		}
}

static struct recipe_step *add_step(struct recipe *r)
{
	r->v = xrealloc(r->v, r->n + 1, sizeof(*r->v));
	r->v[r->n] = (struct recipe_step){0};
	return &r->v[r->n++];
}

/* sh -e -c SCRIPT NAME [WORD...] */
static void add_shell(struct strv *argv, const char *script, const char *name)
{
	strv_push(argv, "/bin/sh");
	strv_push(argv, "-ec");
	strv_push(argv, script);
	strv_push(argv, name);
}

static void add_word(struct recipe_step *step, struct texts *text, const char *kind,
		     const char *word)
{
	strv_push(&step->argv, word);
	add_field(text, kind, word);
}

/* In the form that the scripts of managers.c expect. */
static void add_locked(struct recipe_step *step, const struct lock_file *lock,
		       const struct lock_manager *locked, struct texts *text)
{
	cleanup_free char *n = xasprintf("%zu", locked->asked.n);

	add_word(step, text, "time", step->manager->by_time ? lock->time : LOCK_NONE);
	add_word(step, text, "asked", n);
	for (size_t i = 0; i < locked->asked.n; i++)
		add_word(step, text, "asked", locked->asked.v[i]);
	for (size_t i = 0; i < locked->packages.n; i++)
		add_word(step, text, "locked", locked->packages.v[i]);
}

void recipe_packages(const struct settings *s, const struct manager *m, struct strv *out)
{
	cleanup_strv struct strv all = {0};

	settings_list(s, m->id, &all);
	for (size_t i = 0; i < all.n; i++)
		if (!strv_has(out, all.v[i]))
			strv_push(out, all.v[i]);
}

static void add_packages(const struct settings *s, const struct manager *m,
			 const struct lock_file *lock, struct texts *text, struct recipe *r)
{
	const struct lock_manager *locked = lock ? lock_manager(lock, manager_key(m)) : NULL;
	cleanup_free char *script = NULL, *known_by = NULL;
	cleanup_strv struct strv words = {0};
	cleanup_buf struct buf title = BUF_INIT;
	struct recipe_step *step;

	recipe_packages(s, m, &words);
	if (!words.n)
		return;
	script = manager_script(m, locked, true);
	known_by = manager_script(m, locked, false);
	step = add_step(r);
	step->manager = m;
	step->locked = locked;
	step->env = m->env;
	add_shell(&step->argv, script, manager_key(m));
	buf_addf(&title, "%s:", manager_key(m));
	add_field(text, "packages", manager_key(m));
	add_field(text, "script", known_by);
	add_settings(s, step, text);
	for (size_t i = 0; i < words.n; i++) {
		buf_addf(&title, " %s", words.v[i]);
		if (!locked)
			add_word(step, text, "package", words.v[i]);
	}
	if (locked)
		add_locked(step, lock, locked, text);
	step->title = buf_detach(&title);
	end_step(step, text);
}

/* Text must not contain NUL bytes. */
static void add_content(struct texts *text, const struct buf *content)
{
	cleanup_buf struct buf all = BUF_INIT;

	buf_addf(&all, "content %zu\n", content->len);
	for (size_t i = 0; i < content->len; i++)
		if (content->data[i] == '\0' || content->data[i] == '\1')
			buf_addf(&all, "\1%d", content->data[i]);
		else
			buf_addch(&all, content->data[i]);
	add_data(text, all.data, all.len);
}

/* A file of the project that is named by a word of a step is a part of it. */
static int add_file(int project, const char *word, struct texts *text, struct err *e)
{
	cleanup_buf struct buf content = BUF_INIT;
	cleanup_close int fd = -1;
	struct err ignored;
	struct stat st;
	int r;

	if (path_open_nolinks(project, word, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, &ignored) <
		    0 ||
	    fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	if (st.st_size > STEP_FILE_MAX) {
		cleanup_free char *size = xasprintf("%lld", (long long)st.st_size);

		add_field(text, "large file", word);
		add_field(text, "size", size);
		return 0;
	}
	r = file_read_fd(fd, word, STEP_FILE_MAX, &content, e);
	if (r < 0)
		return r;
	add_field(text, "file", word);
	add_content(text, &content);
	return 0;
}

static int add_files(const struct settings *s, const char *script, struct texts *text,
		     struct err *e)
{
	cleanup_free char *copy = xstrdup(script);
	cleanup_close int project = -1;
	char *save = NULL;
	int r = 0;

	if (!s->project_dir)
		return 0;
	project = open(s->project_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (project < 0)
		return err_sys(e, errno, "cannot open '%s'", s->project_dir);
	for (char *word = strtok_r(copy, " \t\n\"';&|<>()", &save); r == 0 && word;
	     word = strtok_r(NULL, " \t\n\"';&|<>()", &save))
		if (word[0] != '/')
			r = add_file(project, word, text, e);
	return r;
}

static int add_run(const struct settings *s, const struct setting *st, struct texts *text,
		   struct recipe *r, struct err *e)
{
	const char *dir = s->project_dir ? s->project_dir : "";
	struct recipe_step *step = add_step(r);
	int error;

	add_shell(&step->argv, st->value, st->key);
	add_field(text, "run", st->value);
	/* Two projects of a machine must not share this; the same project elsewhere may. */
	buf_addf(&text->own, "project %zu\n%s\n", strlen(dir), dir);
	add_settings(s, step, text);
	error = add_files(s, st->value, text, e);
	step->title = xasprintf("run %s: %.*s", st->key, (int)strcspn(st->value, "\n"), st->value);
	end_step(step, text);
	return error < 0 ? err_add(e, "%s", st->source) : 0;
}

struct numbered {
	long number;
	const struct setting *setting;
};

static int by_number(const void *a, const void *b)
{
	long x = ((const struct numbered *)a)->number, y = ((const struct numbered *)b)->number;

	return x < y ? -1 : x > y;
}

static int add_runs(const struct settings *s, struct texts *text, struct recipe *r, struct err *e)
{
	cleanup_free struct numbered *steps = xcalloc(s->n + 1, sizeof(struct numbered));
	size_t n = 0;
	int error = 0;

	for (size_t i = 0; i < s->n; i++)
		if (setting_is(&s->v[i], KEY_RUN))
			steps[n++] = (struct numbered){.number = strtol(s->v[i].key, NULL, 10),
						       .setting = &s->v[i]};
	if (n)
		qsort(steps, n, sizeof(struct numbered), by_number);
	for (size_t i = 0; error == 0 && i < n; i++)
		error = add_run(s, steps[i].setting, text, r, e);
	return error;
}

int recipe_make(const struct settings *s, const struct lock_file *lock, struct recipe *ret,
		struct err *e)
{
	__attribute__((cleanup(texts_clear))) struct texts text = {.own = BUF_INIT,
								   .shared = BUF_INIT};
	struct recipe r = {0};
	int error;

	for (size_t i = 0; i < n_managers; i++)
		add_packages(s, &managers[i], lock, &text, &r);
	error = add_runs(s, &text, &r, e);
	if (error < 0) {
		recipe_clear(&r);
		return error;
	}
	*ret = r;
	return 0;
}
