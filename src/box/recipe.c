/*
 * recipe.c - from [packages] and [run] to steps.
 *
 * Promises that packages and their names reach a package manager as arguments, never as text of a
 * script. Package managers come first, the system's before the languages', then [run] by number.
 */
#include "box/recipe.h"

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

#define STEP_FILE_MAX (1u << 20) /* of a file that a step names; larger ones count by their size */

/*
 * What each package manager is told; its packages are "$@". Those of the languages install for all
 * users, into /usr/local, where PATH finds them. Debian lets pip do so only when told that it may
 * (PEP 668); versions before 23.0.1 know neither the rule nor the variable.
 */
static const struct manager {
	const char *key, *script;
	const char *env; /* of [env], as in struct recipe_step */
	bool one_at_a_time;
} managers[] = {
	{"apt",
	 "apt-get -q update\n"
	 "apt-get -q -y --no-install-recommends -o APT::Keep-Downloaded-Packages=true install -- "
	 "\"$@\"\n"
	 /* A cache is a mount of its own; without one the downloads would stay in the layer. */
	 "mountpoint -q /var/cache/apt/archives || apt-get clean\n"
	 "rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin\n",
	 "", true},
	{"apk", "apk add --no-progress -- \"$@\"\n", "", true},
	{"dnf", "dnf -y --setopt=install_weak_deps=False install -- \"$@\"\n", "", true},
	{"pip",
	 "PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore exec python3 -m pip "
	 "install --progress-bar off -- \"$@\"\n",
	 "PIP_", false},
	{"npm",
	 "npm_config_prefix=/usr/local exec npm install --global --no-fund --no-audit -- "
	 "\"$@\"\n",
	 "npm_config_", false},
	{"cargo", "exec cargo install --root /usr/local -- \"$@\"\n", "CARGO_", false},
};

void recipe_clear(struct recipe *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].title);
		free(r->v[i].text);
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
	bool env = streq(st->section, "env") || schema_variant(st->section);

	if (streq(st->section, "mounts"))
		return starts_with(st->value, "cache:");
	return env && (!step->env || (*step->env && starts_with(st->key, step->env)));
}

/* With its length, so that no value can pass for several. */
static void add_field(struct buf *text, const char *kind, const char *value)
{
	buf_addf(text, "%s %zu\n%s\n", kind, strlen(value), value);
}

static void add_settings(const struct settings *s, const struct recipe_step *step, struct buf *text)
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

static void add_packages(const struct settings *s, const struct manager *m, struct buf *text,
			 struct recipe *r)
{
	cleanup_strv struct strv all = {0}, words = {0};
	cleanup_buf struct buf title = BUF_INIT;
	struct recipe_step *step;

	settings_list(s, "packages", m->key, &all);
	for (size_t i = 0; i < all.n; i++)
		if (!strv_has(&words, all.v[i]))
			strv_push(&words, all.v[i]);
	if (!words.n)
		return;
	step = add_step(r);
	step->packages = true;
	step->one_at_a_time = m->one_at_a_time;
	step->env = m->env;
	add_shell(&step->argv, m->script, m->key);
	buf_addf(&title, "%s:", m->key);
	add_field(text, "packages", m->key);
	add_field(text, "script", m->script);
	add_settings(s, step, text);
	for (size_t i = 0; i < words.n; i++) {
		strv_push(&step->argv, words.v[i]);
		buf_addf(&title, " %s", words.v[i]);
		add_field(text, "package", words.v[i]);
	}
	step->title = buf_detach(&title);
	step->text = xstrdup(text->data);
}

/* A file of the project that is named by a word of a step is a part of it. */
static int add_file(int project, const char *word, struct buf *text, struct err *e)
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
		add_field(text, "large file", word);
		buf_addf(text, "%lld\n", (long long)st.st_size);
		return 0;
	}
	r = file_read_fd(fd, word, STEP_FILE_MAX, &content, e);
	if (r < 0)
		return r;
	add_field(text, "file", word);
	buf_addf(text, "content %zu\n", content.len);
	/* What is compared as text may hold no zero. */
	for (size_t i = 0; i < content.len; i++)
		if (content.data[i] == '\0' || content.data[i] == '\1')
			buf_addf(text, "\1%d", content.data[i]);
		else
			buf_addch(text, content.data[i]);
	return 0;
}

static int add_files(const struct settings *s, const char *script, struct buf *text, struct err *e)
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

static int add_run(const struct settings *s, const struct setting *st, struct buf *text,
		   struct recipe *r, struct err *e)
{
	struct recipe_step *step = add_step(r);
	int error;

	add_shell(&step->argv, st->value, st->key);
	add_field(text, "run", st->value);
	add_field(text, "project", s->project_dir ? s->project_dir : "");
	add_settings(s, step, text);
	error = add_files(s, st->value, text, e);
	step->title = xasprintf("run %s: %.*s", st->key, (int)strcspn(st->value, "\n"), st->value);
	step->text = xstrdup(text->data);
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

static int add_runs(const struct settings *s, struct buf *text, struct recipe *r, struct err *e)
{
	cleanup_free struct numbered *steps = xcalloc(s->n + 1, sizeof(struct numbered));
	size_t n = 0;
	int error = 0;

	for (size_t i = 0; i < s->n; i++)
		if (streq(s->v[i].section, "run"))
			steps[n++] = (struct numbered){.number = strtol(s->v[i].key, NULL, 10),
						       .setting = &s->v[i]};
	if (n)
		qsort(steps, n, sizeof(struct numbered), by_number);
	for (size_t i = 0; error == 0 && i < n; i++)
		error = add_run(s, steps[i].setting, text, r, e);
	return error;
}

int recipe_make(const struct settings *s, struct recipe *ret, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct recipe r = {0};
	int error;

	for (size_t i = 0; i < ARRAY_SIZE(managers); i++)
		add_packages(s, &managers[i], &text, &r);
	error = add_runs(s, &text, &r, e);
	if (error < 0) {
		recipe_clear(&r);
		return error;
	}
	*ret = r;
	return 0;
}
