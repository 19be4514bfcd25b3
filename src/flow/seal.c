/*
 * seal.c - the environment of a project as an image.
 *
 * The image has only what the project's file asks for, prepared: nothing of a box, its home or its
 * project.
 */
#include "flow/seal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "box/project.h"
#include "prepare/locked.h"
#include "prepare/origin.h"
#include "prepare/prebuilt.h"
#include "rootfs/image_program.h"

static int choose_name(const struct store *s, const struct seal_options *o,
		       const struct settings *settings, const struct origin *origin, char **ret,
		       struct err *e)
{
	const char *image = settings_get(settings, KEY_IMAGE), *name;
	cleanup_free char *prebuilt = NULL;
	struct digest there;
	struct err ignored;

	if (!origin->root.digest.hex[0])
		return err_set(e, ENOTSUP,
			       "image '%s' exists only on this machine: set another one, such as "
			       "'image = debian:bookworm', to seal the project",
			       image);
	prebuilt = prebuilt_name(settings, &origin->root, &origin->recipe);
	/* Layers linked into this store have lost what only an image has: owners, set-id bits. */
	if (origin->fetched)
		return err_set(e, ENOTSUP,
			       "the environment came from '%s': pull that and tag it, instead of "
			       "sealing it again",
			       prebuilt);
	if (o->name && origin->layers.n && image_digest(s, o->name, &there, &ignored) == 0 &&
	    digest_equal(&there, &origin->root.digest))
		return err_set(
			e, ERR_USAGE,
			"'%s' is the image that the project begins with: choose another name",
			o->name);
	if (!prebuilt && !origin->recipe.n)
		prebuilt = prebuilt_built_name(settings);
	name = o->name ? o->name : prebuilt;
	if (name && image_check_name(name, e) < 0)
		return -e->code;
	if (name) {
		*ret = xstrdup(name);
		return 0;
	}
	return err_set(
		e, ERR_USAGE,
		prebuilt_repository(settings)
			? "there is nothing to seal: the project has no [packages] and no [run]"
			: "no name for the image: give one, or set 'prebuilt' in [sandbox]");
}

/* steps: how many of its layers are on the image. */
static int seal_as(const struct seal_options *o, const struct origin *origin, size_t steps,
		   const char *name, struct buf *text, struct err *e)
{
	struct digest_text base = digest_text(&origin->root.digest);
	cleanup_strv struct strv words = {0};
	char title[1024];
	int status, r;

	strv_push(&words, "image");
	strv_push(&words, "seal");
	if (o->json)
		strv_push(&words, "--json");
	strv_push(&words, "--");
	strv_push(&words, base.s);
	strv_push(&words, name);
	for (size_t i = 0; i < steps; i++) {
		strv_push(&words, origin->layers.v[origin->layers.n - 1 - i]);
		strv_push(&words, err_quote(title, sizeof(title), origin->recipe.v[i].title));
	}
	r = image_program_read((const char *const *)words.v, text, &status, e);
	return r == 0 && status != 0 ? err_set(e, ERR_SAID, "sandbox-image failed") : r;
}

/* What a dev container is built as: others find its steps by the digest of this. */
static int seal_built(const struct seal_options *o, const struct settings *settings,
		      const struct origin *origin, struct strv *names, struct err *e)
{
	cleanup_free char *built = prebuilt_built_name(settings);
	cleanup_buf struct buf unsaid = BUF_INIT;
	int r;

	if (!built || !origin->recipe.n || o->name)
		return 0;
	r = seal_as(o, origin, 0, built, &unsaid, e);
	if (r == 0)
		strv_push_take(names, take_ptr(built));
	return r;
}

/* From the files of now, whatever is here or in the repository. */
static int build(struct settings *settings, struct err *e)
{
	int r = origin_build(settings, false, e);

	free(settings->devcontainer_image);
	settings->devcontainer_image = NULL;
	return r;
}

static int seal_project(const struct store *s, struct seal_options *o, struct strv *names,
			struct buf *text, struct err *e)
{
	cleanup_settings struct settings settings = {0};
	cleanup_lock struct lock_file lock = {0};
	cleanup_origin struct origin origin = ORIGIN_INIT;
	cleanup_free char *name = NULL;
	int locked = 0, r = settings_load(&o->settings, &settings, e);

	if (r == 0)
		r = locked = locked_read(&settings, &lock, e);
	if (r >= 0)
		r = reach_ask_steps(s, &settings, &o->asker, NULL, e);
	if (r == 0 && settings.devcontainer_build.n)
		r = build(&settings, e);
	if (r == 0)
		r = origin_make(s, &settings, locked ? &lock : NULL, false, &origin, e);
	if (r == 0)
		r = choose_name(s, o, &settings, &origin, &name, e);
	if (r == 0)
		r = seal_built(o, &settings, &origin, names, e);
	if (r == 0)
		r = seal_as(o, &origin, origin.layers.n, name, text, e);
	if (r == 0)
		strv_push_take(names, take_ptr(name));
	return r;
}

int seal_run(struct seal_options *o, struct strv *names, struct buf *text, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_free char *dir = NULL;
	int r = project_open(&s, o->project, &dir, e);

	if (r < 0)
		return r;
	o->settings.project_dir = dir;
	r = seal_project(&s, o, names, text, e);
	return r < 0 && r != -ERR_SAID ? err_add(e, "cannot seal '%s'", dir) : r;
}
