/*
 * init_named.c - the image that files of a project name themselves.
 */
#include "cli/init/init_image.h"
#include "cli/init/init_read.h"
#include "cli/init/init_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "config/settings.h"
#include "rootfs/image.h"

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
		g->dockerfile = names[i];
		g->dockerfile_is_bare = !images.n || is_bare(images.v[images.n - 1]);
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

void init_read_devcontainer(const char *dir, struct init_guess *g)
{
	struct settings_request req = {.project_dir = dir};
	cleanup_settings struct settings s = {0};
	struct err e;
	int r;

	/* Whatever an old sandbox.ini says. */
	strv_push(&req.overrides, "devcontainer=yes");
	r = settings_load(&req, &s, &e);
	if (r < 0 && r != -ERR_USAGE) {
		g->failed = e;
	} else if (r < 0) {
		log_note("%s", e.msg);
		g->no_devcontainer = true;
	} else if (s.devcontainer_cannot) {
		log_note("%s", s.devcontainer_cannot);
		g->no_devcontainer = true;
	} else if (s.devcontainer) {
		g->devcontainer = xstrdup(s.devcontainer + strlen(dir) + 1);
	}
	strv_clear(&req.overrides);
}
