/*
 * origin.c - what to make a project's box from.
 *
 * A box is bound to its image and its prepared layers: if they cannot be provided, no box is made.
 */
#include "prepare/origin.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "config/devcontainer_file.h"
#include "config/lock_file.h"
#include "config/service.h"
#include "prepare/locked.h"
#include "prepare/prebuilt.h"
#include "prepare/prepare.h"
#include "rootfs/image_program.h"
#include "store/lease.h"

void origin_clear(struct origin *o)
{
	image_root_clear(&o->root);
	recipe_clear(&o->recipe);
	strv_clear(&o->layers);
}

int origin_check(const struct settings *settings, struct err *e)
{
	const char *why = settings->devcontainer_cannot;

	return why ? err_set(e, ERR_USAGE, "%s", why) : 0;
}

static const char image_context[] = "=docker-image://"; /* of a value of --build-context */

/* Images of services that are to be built. */
struct building {
	const struct store *store; /* NULL: what is here is built, too */
	const struct settings *settings;
	struct strv done;
};

static int build_service(struct building *b, const char *image, struct err *e);

/*
 * Images of services that a build names as contexts are built before it. The names have hashes of what
 * they are built from, so there is no circle.
 */
static int build_needed(struct building *b, const struct strv *build, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i + 1 < build->n && !streq(build->v[i], "--"); i++) {
		const char *image = strstr(build->v[i + 1], image_context);

		if (streq(build->v[i], "--build-context") && image)
			r = build_service(b, image + strlen(image_context), e);
	}
	return r;
}

static int build_service(struct building *b, const char *image, struct err *e)
{
	cleanup_strv struct strv build = {0}, words = {0};
	struct digest digest;
	int r;

	service_build_of(b->settings, image, &build);
	if (!build.n || strv_has(&b->done, image))
		return 0;
	r = b->store ? image_digest(b->store, image, &digest, e) : -ENOENT;
	if (r != -ENOENT)
		return r;
	r = build_needed(b, &build, e);
	if (r < 0)
		return r;
	strv_push(&b->done, image);
	strv_push(&words, "image");
	strv_push(&words, "build");
	strv_push(&words, "--tag");
	strv_push(&words, image);
	for (size_t i = 0; i < build.n; i++)
		strv_push(&words, build.v[i]);
	return image_program((const char *const *)words.v, false, e);
}

/* The same for one build alone. */
static int build_all_needed(const struct settings *settings, const struct strv *build,
			    struct err *e)
{
	struct building b = {.settings = settings};
	int r = build_needed(&b, build, e);

	strv_clear(&b.done);
	return r;
}

int origin_build(const struct settings *settings, bool fetch, struct err *e)
{
	const struct strv *build = &settings->devcontainer_build;
	cleanup_strv struct strv words = {0};
	int r = fetch ? prebuilt_fetch_built(settings, e) : 0;

	if (r == 0)
		r = build_all_needed(settings, build, e);
	if (r != 0)
		return r < 0 ? r : 0;
	strv_push(&words, "image");
	strv_push(&words, "build");
	for (size_t i = 0; i < build->n; i++)
		strv_push(&words, build->v[i]);
	return image_program((const char *const *)words.v, false, e);
}

/* The words of `image build`, less names, and less the lock if fresh. */
static void add_unnamed(const struct strv *build, bool fresh, struct strv *out)
{
	size_t i = 0;

	/* Options, each with a value. */
	for (; i + 1 < build->n && !streq(build->v[i], "--"); i += 2) {
		if (streq(build->v[i], "--tag") || (fresh && streq(build->v[i], "--lock")))
			continue;
		strv_push(out, build->v[i]);
		strv_push(out, build->v[i + 1]);
	}
	for (; i < build->n; i++)
		strv_push(out, build->v[i]);
}

/* Is a word, FILE=CHECKSUM, about a file that a lock is written to? */
static bool is_of_lock(const char *word)
{
	cleanup_free char *file = xstrndup(word, (size_t)(strrchr(word, '=') - word));

	return ends_with(file, "/" LOCK_FILE) || ends_with(file, "devcontainer-lock.json");
}

/* What was agreed to: the words, less those that a lock changes. */
static void add_agreed(const struct settings *s, struct buf *out)
{
	const struct strv *build = &s->devcontainer_build;
	cleanup_strv struct strv words = {0};

	add_unnamed(build, true, &words);
	for (size_t i = 0; i < words.n; i++) {
		const char *word = words.v[i], *image = strstr(word, image_context);
		/* The tag of what is built here. */
		bool ours = image &&
			    starts_with(image + strlen(image_context), DEVCONTAINER_IMAGES);
		int len = (int)(ours ? (size_t)(strrchr(word, ':') - word) : strlen(word));

		if (streq(word, "--checksum") && i + 1 < words.n && is_of_lock(words.v[i + 1]))
			i++;
		else
			buf_addf(out, "%d %.*s\n", len, len, word);
	}
}

int origin_check_agreed(const struct settings *agreed, const struct settings *now, struct err *e)
{
	cleanup_buf struct buf before = BUF_INIT, after = BUF_INIT;

	add_agreed(agreed, &before);
	add_agreed(now, &after);
	if (streq(before.data, after.data))
		return 0;
	return err_set(
		e, ESTALE,
		"%s: what its image is built from has changed since it was looked at: run the "
		"command again",
		agreed->devcontainer);
}

/* Runs `image build --bases`, with print without building; its output is appended to out. */
static int read_bases(const struct strv *build, bool print, bool fresh, struct buf *out,
		      struct err *e)
{
	cleanup_strv struct strv words = {0};
	int status = 0, r;

	strv_push(&words, "image");
	strv_push(&words, "build");
	strv_push(&words, "--bases");
	if (print)
		strv_push(&words, "--print");
	add_unnamed(build, fresh, &words);
	r = image_program_read((const char *const *)words.v, out, &status, e);
	return r < 0 || status == 0 ? r : err_set(e, ERR_SAID, "sandbox-image failed");
}

/* Adds what was printed, PLATFORM NAME DIGEST, to the bases. */
static int take_bases(char *text, struct strv *bases, struct err *e)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		const char *platform = strsep(&line, " "), *name = strsep(&line, " ");

		if (!*platform)
			continue;
		if (!name || !line)
			return err_set(e, EBADMSG,
				       "sandbox-image has said something else than "
				       "expected");
		if (lock_base(bases, platform, name))
			continue;
		strv_push(bases, platform);
		strv_push(bases, name);
		strv_push(bases, line);
	}
	return 0;
}

static int build_bases(const struct strv *build, bool fresh, struct digest *ret, struct strv *bases,
		       struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	char *rest, *line;
	int r = read_bases(build, false, fresh, &text, e);

	if (r < 0)
		return r;
	rest = text.data;
	line = strsep(&rest, "\n");
	r = digest_parse(line ? line : "", ret, e);
	return r < 0 ? err_set(e, EBADMSG, "sandbox-image has said something else than expected")
		     : take_bases(rest, bases, e);
}

/* The builds of services; each image once. */
static void list_service_images(const struct settings *s, struct strv *out)
{
	for (size_t i = 0; i < s->service_builds.n; i++) {
		const char *word = s->service_builds.v[i];
		cleanup_free char *image = xstrndup(word, strcspn(word, "\n"));

		if (!strv_has(out, image))
			strv_push(out, image);
	}
}

int origin_bases(const struct settings *settings, struct buf *out, struct err *e)
{
	cleanup_strv struct strv images = {0};
	const struct strv *own = &settings->devcontainer_build;
	int r = own->n ? read_bases(own, true, true, out, e) : 0;

	list_service_images(settings, &images);
	for (size_t i = 0; r == 0 && i < images.n; i++) {
		cleanup_strv struct strv build = {0};

		service_build_of(settings, images.v[i], &build);
		r = read_bases(&build, true, true, out, e);
	}
	return r;
}

int origin_build_bases(const struct settings *settings, bool fresh, struct digest *ret,
		       struct strv *bases, struct err *e)
{
	cleanup_strv struct strv images = {0}, all = {0};
	const struct strv *own = &settings->devcontainer_build;
	struct digest built = {0}, other;
	int r = own->n ? build_all_needed(settings, own, e) : 0;

	if (r == 0 && own->n)
		r = build_bases(own, fresh, &built, &all, e);
	list_service_images(settings, &images);
	for (size_t i = 0; r == 0 && i < images.n; i++) {
		cleanup_strv struct strv build = {0};

		service_build_of(settings, images.v[i], &build);
		r = build_all_needed(settings, &build, e);
		if (r == 0)
			r = build_bases(&build, fresh, &other, &all, e);
	}
	if (r < 0)
		return r;
	*ret = built;
	strv_clear(bases);
	*bases = all;
	all = (struct strv){0};
	return 0;
}

int origin_build_service(const struct store *s, const struct settings *settings, const char *image,
			 bool again, struct err *e)
{
	struct building b = {.store = again ? NULL : s, .settings = settings};
	int r = build_service(&b, image, e);

	strv_clear(&b.done);
	return r;
}

int origin_make(const struct store *s, const struct settings *settings, struct lock_file *lock,
		bool resolve, struct origin *o, struct err *e)
{
	struct digest locked = {0};
	struct image_request image = {.store = s,
				      .image = settings_get(settings, KEY_IMAGE),
				      .base = settings->project_dir,
				      .digest = &locked};
	struct prepare_request req = {.store = s,
				      .settings = settings,
				      .recipe = &o->recipe,
				      .resolve = resolve ? lock : NULL,
				      .root = &o->root,
				      .rescue = o->rescue,
				      .image = image.image};
	int r = origin_check(settings, e);

	if (r == 0 && o->built.hex[0])
		locked = o->built;
	else if (r == 0 && lock)
		r = locked_digest(lock, &locked, e);
	if (r == 0)
		r = recipe_make(settings, lock, &o->recipe, e);
	if (r == 0 && !o->built.hex[0] && settings->devcontainer_build.n &&
	    settings->devcontainer_image)
		r = origin_build(settings, true, e);
	if (r == 0)
		r = image_resolve(&image, &o->root, e);
	if (r == -ERR_SAID && lock)
		log_note("'sandbox.lock' names image '%s' by a digest that cannot be had here: "
			 "push it "
			 "where it was locked, or 'sandbox lock --update' takes the one that is "
			 "here",
			 image.image);
	if (r == 0 && o->recipe.n && o->root.lease < 0)
		r = store_lease(s->data_fd, s->data, &o->root.lease, e);
	if (r == 0 && o->recipe.n)
		r = prepare_layers(&req, &o->layers, &o->fetched, e);
	o->from = (struct box_origin){.project = settings->project_dir,
				      .image = image.image,
				      .digest = &o->root.digest,
				      .prepared = &o->layers,
				      .recipe = recipe_text(&o->recipe)};
	return r;
}
