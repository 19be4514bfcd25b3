/*
 * init_named.c - the image, and from a devcontainer.json more, that files of a project name
 * themselves.
 */
#include "base/spawn.h"
#include "cli/init/init_image.h"
#include "cli/init/init_read.h"
#include "cli/init/init_text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "config/schema.h"
#include "rootfs/image.h"
#include "rootfs/programs.h"

static void set_image(struct init_guess *g, const char *image, const char *from)
{
	struct err e;

	if (strpbrk(image, "$\"'") || image_check_name(image, &e) < 0) {
		log_note("%s: its image is left out", from);
		return;
	}
	free(g->image);
	free(g->image_file);
	g->image = xstrdup(image);
	g->image_file = xstrdup(from);
}

/* Is it suited for development: it has a shell, and most have tools? */
static bool is_bare(const char *image)
{
	return streq(image, "?") || streq(image, "scratch") || strstr(image, "distroless") ||
	       starts_with(image, "cgr.dev/");
}

/*
 * Of several stages, the last one whose image has a language of the project, because the very last
 * is often only for running the result; else the last one that is more than a bare program. -1:
 * none.
 */
static ssize_t choose_stage(const struct strv *images, const struct init_guess *g)
{
	for (size_t i = images->n; i-- > 0;)
		for (size_t k = 0; k < g->langs.n; k++)
			if (init_image_has_lang(images->v[i], g->langs.v[k]))
				return (ssize_t)i;
	for (size_t i = images->n; i-- > 0;)
		if (!is_bare(images->v[i]))
			return (ssize_t)i;
	return -1;
}

static void take_packages(char *lines, struct init_guess *g)
{
	char *save = NULL;

	for (char *l = strtok_r(lines, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		init_add_words(starts_with(l, "apk ") ? &g->image_apk : &g->image_apt, l + 4);
}

void init_read_dockerfile(int dirfd, struct init_guess *g)
{
	static const char *const names[] = {"Dockerfile", "Containerfile"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_strv struct strv images = {0}, packages = {0};
		cleanup_buf struct buf text = BUF_INIT;
		ssize_t stage;

		if (!init_read_file(dirfd, names[i], &text, g))
			continue;
		init_text_dockerfile(text.data, &images, &packages);
		stage = choose_stage(&images, g);
		if (stage >= 0) {
			set_image(g, images.v[stage], names[i]);
			take_packages(packages.v[stage], g);
		} else if (images.n) {
			init_add_why(g, "%s: its image is left out: it is empty", names[i]);
		}
		init_add_why(g,
			     "%s: only its base image and its packages are used; the rest belongs "
			     "into [run]",
			     names[i]);
		return;
	}
}

/* Replaces \\n and \\\\ in a value. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++)
		*to++ = *s != '\\' || !s[1] ? *s : *++s == 'n' ? '\n' : *s;
	*to = '\0';
}

static void take_setting(char *line, struct init_guess *g)
{
	const struct schema_key *row;
	const char *section = strsep(&line, "\t"), *key = line ? strsep(&line, "\t") : NULL;
	struct err e;

	if (!key || !line)
		return;
	unescape(line);
	if (schema_find(section, key) == &schema_keys[KEY_IMAGE]) {
		set_image(g, line, "devcontainer.json");
		return;
	}
	if (schema_check(section, key, line, &row, &e) < 0) {
		log_note("devcontainer.json: left out: [%s] %s: %s", section, key, e.msg);
		return;
	}
	if (row == &schema_keys[KEY_HOOKS_CREATE]) {
		strv_push(&g->create, line);
		return;
	}
	strv_push(&g->settings, section);
	strv_push(&g->settings, key);
	strv_push(&g->settings, line);
}

static void take_lines(FILE *f, struct init_guess *g)
{
	cleanup_free char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (starts_with(line, "set\t"))
			take_setting(line + strlen("set\t"), g);
		else if (starts_with(line, "left\t"))
			log_note("devcontainer.json: left out: %s", line + strlen("left\t"));
	}
}

static void run_reader(const char *path, struct init_guess *g)
{
	cleanup_free char *program = program_path("sandbox-image");
	const char *const argv[] = {program, "image", "devcontainer", "--", path, NULL};
	struct spawn s = {.program = program, .argv = argv, .fds = SPAWN_ALL_SAME};
	cleanup_fclose FILE *f = NULL;
	int p[2], r;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0) {
		err_sys(&g->failed, errno, "cannot read '%s'", path);
		return;
	}
	s.fds[1] = p[1];
	f = fdopen(p[0], "r");
	r = f ? spawn_start(&s, &pid, &g->failed)
	      : err_sys(&g->failed, errno, "cannot read '%s'", path);
	close(p[1]);
	if (!f)
		close(p[0]);
	if (r < 0) {
		err_add(&g->failed, "cannot read '%s'", path);
		return;
	}
	take_lines(f, g);
	spawn_wait(pid);
}

void init_read_devcontainer(int dirfd, const char *dir, struct init_guess *g)
{
	static const char *const names[] = {".devcontainer/devcontainer.json",
					    ".devcontainer.json"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_buf struct buf text = BUF_INIT;
		cleanup_free char *path = path_join(dir, names[i]);

		if (!init_read_file(dirfd, names[i], &text, g))
			continue;
		run_reader(path, g);
		return;
	}
}
