/*
 * cmd_init.c - `sandbox init`: writes the sandbox.ini of a directory.
 *
 * Promises a file that sandbox itself accepts, written whole or not at all. Refuses to replace an
 * existing one, unless told to.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "base/proc.h"
#include "cli/ask/ask.h"
#include "cli/commands.h"
#include "cli/init/init.h"
#include "cli/init/init_compose.h"
#include "cli/init/init_image.h"
#include "cli/init/init_read.h"
#include "config/mount_value.h"
#include "config/profile.h"
#include "config/schema.h"
#include "config/settings.h"
#include "config/value.h"
#include "grant/reach.h"
#include "rootfs/image.h"
#include "store/store.h"

#define PROJECT_FILE "sandbox.ini"
#define NAME_MAX_LEN 63 /* a hostname label: RFC 1123, 2.1 */

static const struct opt options[] = {
	{.letter = 'i',
	 .name = "image",
	 .arg = "IMAGE",
	 .help = "suggest IMAGE; default: what the files ask for",
	 .word = WORD_IMAGE,
	 OPT_STRING(struct init_options, image)},
	{.letter = 'y',
	 .name = "yes",
	 .help = "ask nothing, take the suggestions",
	 OPT_FLAG(struct init_options, yes)},
	{.letter = 'f',
	 .name = "force",
	 .help = "replace an existing sandbox.ini",
	 OPT_FLAG(struct init_options, force)},
	OPTS_END,
};

static void answers_clear(struct init_answers *a)
{
	free(a->name);
	free(a->image);
	free(a->profile);
	free(a->apt);
}

/* A box name from any directory name: invalid characters become dashes. */
static char *name_from(const char *dir)
{
	char name[NAME_MAX_LEN + 1];
	size_t n = 0;

	for (const char *p = path_basename(dir); *p && n < NAME_MAX_LEN; p++) {
		name[n] = *p;
		name[n + 1] = '\0';
		/*
		 * The check requires a letter or digit first, so one is put before each later
		 * character.
		 */
		if (n > 0 ? box_name_valid((char[]){'a', *p, '\0'}) : box_name_valid(name))
			n++;
		else if (n > 0 && name[n - 1] != '-')
			name[n++] = '-';
	}
	while (n > 0 && name[n - 1] == '-')
		n--;
	name[n] = '\0';
	return xstrdup(n ? name : "project");
}

/* Every profile of the list must exist, and the value must be valid for its key. */
static int check_answer(enum schema_id id, const char *value, const char *dir, struct err *e)
{
	const struct schema_key *row = &schema_keys[id];
	cleanup_strv struct strv names = {0};
	bool system;

	if (schema_check(row->section, row->key, value, &row, e) < 0)
		return -e->code;
	if (id == KEY_IMAGE)
		return image_check_name(value, e);
	if (id != KEY_PROFILE)
		return 0;
	value_words(value, &names);
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *path = NULL;

		if (profile_find(names.v[i], dir, NULL, &path, &system, e) < 0)
			return -e->code;
	}
	return 0;
}

/* Asks until the answer is valid; *value is the suggestion, and then the answer. */
static int ask(enum schema_id id, const char *prompt, const struct strv *words, const char *dir,
	       char **value, struct err *e)
{
	for (;;) {
		char *answer;
		struct err why;

		if (ask_line(prompt, *value, words, &answer, e) < 0)
			return -e->code;
		if (check_answer(id, answer, dir, &why) == 0) {
			free(*value);
			*value = answer;
			return 0;
		}
		log_warn("%s", why.msg);
		free(answer);
	}
}

static int ask_all(const char *dir, const struct init_guess *g, struct init_answers *a,
		   struct err *e)
{
	cleanup_strv struct strv none = {0}, images = {0}, names = {0};
	struct profile *profiles;
	size_t n;
	int r = profile_list(&profiles, &n, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		strv_push(&names, profiles[i].name);
	profile_list_free(profiles, n);
	strv_push(&images, "host");
	strv_push(&images, "debian:bookworm");
	strv_push(&images, "dir:");
	r = ask(KEY_NAME, "Name of the box", &none, dir, &a->name, e);
	if (r == 0)
		r = ask(KEY_IMAGE, "Image (host, debian:bookworm, dir:PATH ...)", &images, dir,
			&a->image, e);
	if (r == 0)
		r = ask(KEY_PROFILE, "Profiles", &names, dir, &a->profile, e);
	if (r == 0) {
		free(a->apt);
		a->apt = init_image_apt(a->image, g);
	}
	if (r == 0 && init_image_has_apt(a->image))
		r = ask(KEY_APT, "Packages of apt", &none, dir, &a->apt, e);
	return r;
}

/* First of all: does a file of the project decide? */
static int ask_as_it_is(const char *file, bool preset, struct init_answers *a, struct err *e)
{
	char quoted[1024];
	cleanup_free char *prompt = xasprintf("Use %s as it is",
					      err_quote(quoted, sizeof(quoted), file));
	cleanup_strv struct strv words = {0};
	bool known = false, yes = false;

	strv_push(&words, "yes");
	strv_push(&words, "no");
	while (!known) {
		cleanup_free char *line = NULL;

		if (ask_line(prompt, preset ? "yes" : "no", &words, &line, e) < 0)
			return -e->code;
		known = value_bool(line, &yes);
	}
	a->as_it_is = yes ? file : NULL;
	return 0;
}

/*
 * A devcontainer.json is meant for this. A Dockerfile may be, or builds what is deployed: it takes a
 * yes, as nobody has seen its steps.
 */
static int choose_as_it_is(const struct init_guess *g, bool asked, struct init_answers *a,
			   struct err *e)
{
	bool dockerfile = !g->devcontainer && !g->no_devcontainer && g->dockerfile;

	a->as_it_is = g->devcontainer;
	if (asked && g->devcontainer)
		return ask_as_it_is(g->devcontainer, true, a, e);
	if (asked && dockerfile)
		return ask_as_it_is(g->dockerfile, !g->dockerfile_is_bare, a, e);
	return 0;
}

/* The answers, beginning with what was guessed. */
static int answer(const char *dir, struct init_guess *g, const struct init_options *o, bool asked,
		  struct init_answers *a, struct err *e)
{
	int r = choose_as_it_is(g, asked, a, e);

	a->name = name_from(dir);
	if (r == 0 && a->as_it_is) {
		a->image = xstrdup(o->image);
		return a->image ? check_answer(KEY_IMAGE, a->image, dir, e) : 0;
	}
	a->image = o->image ? xstrdup(o->image) : init_choose_image(g);
	a->profile = strv_join(&g->profiles, ", ");
	a->apt = init_image_apt(a->image, g);
	if (r == 0)
		r = check_answer(KEY_IMAGE, a->image, dir, e);
	for (size_t i = 0; i < g->why.n; i++)
		log_note("%s", g->why.v[i]);
	return r == 0 && asked ? ask_all(dir, g, a, e) : r;
}

/*
 * What was proposed and accepted, or typed, is agreed to: `enter` does not ask for it again. What
 * was copied from a file of the project, as devcontainer.json, is not: its mounts are untrusted
 * until somebody agrees.
 */
static int agree(const char *dir, bool image_chosen, struct err *e)
{
	const struct settings_request req = {.project_dir = dir};
	cleanup_settings struct settings s = {0};
	cleanup_free struct setting *chosen = NULL;
	cleanup_strv struct strv lines = {0};
	cleanup_store struct store store = STORE_INIT;
	cleanup_user struct user u = {0};
	cleanup_free char *home = NULL;
	struct settings view;
	int r = settings_load(&req, &s, e);

	if (r < 0 || (r = store_open(&store, e)) < 0)
		return r;
	user_self(&u);
	home = user_home(&u);
	view = s;
	view.v = chosen = xcalloc(s.n + 1, sizeof(*chosen));
	view.n = 0;
	view.mounts = NULL;
	view.n_mounts = 0;
	for (size_t i = 0; i < s.n; i++)
		if (s.v[i].from != SETTING_FROM_PROJECT ||
		    (image_chosen && setting_is(&s.v[i], KEY_IMAGE)))
			chosen[view.n++] = s.v[i];
	r = reach_of(&view, home, true, &lines, e);
	mount_sources_free(view.mounts, view.n_mounts);
	return r < 0 ? r : agreed_keep(&store, &s, &lines, e);
}

int init_folder(const char *where, const struct init_options *o, struct err *e)
{
	cleanup_free char *dir = realpath(where, NULL);
	__attribute__((cleanup(answers_clear))) struct init_answers a = {0};
	cleanup_init_guess struct init_guess guess = {0};
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_close int dirfd = -1;
	bool asked;
	struct stat st;
	struct err why;

	if (dir)
		dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return err_sys(e, errno, "cannot open the directory '%s'", where);
	if (!o->force && fstatat(dirfd, PROJECT_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(e, EEXIST,
			       "'%s/" PROJECT_FILE "' exists already: --force replaces it", where);
	if (init_read_directory(dirfd, dir, &guess, e) < 0)
		return -e->code;
	asked = !o->yes && isatty(STDIN_FILENO);
	if (answer(dir, &guess, o, asked, &a, e) < 0)
		return -e->code;
	init_compose(&a, &guess, &text);
	if (file_write_atomic(dirfd, PROJECT_FILE, text.data, text.len, 0644, e) < 0)
		return -e->code;
	if (agree(dir, a.as_it_is ? a.image != NULL : asked || o->image || !guess.image, &why) < 0)
		log_debug("enter asks before it gives the project these: %s", why.msg);
	log_note("wrote '%s/" PROJECT_FILE "': next, sandbox enter", where);
	return 0;
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	(void)ret_status;
	return init_folder(args->n ? args->v[0] : ".", args->options, e);
}

const struct command cmd_init = {
	.name = "init",
	.summary = "write the sandbox.ini of a project",
	.usage = "[OPTIONS] [DIR]",
	.options = options,
	.options_size = sizeof(struct init_options),
	.max_words = 1,
	.words = {WORD_DIR},
	.run = run,
};
