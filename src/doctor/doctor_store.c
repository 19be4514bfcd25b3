/*
 * doctor_store.c - damaged boxes and images, and how to save them.
 *
 * Reads names, records and plans; `image verify` reads blobs and files. Promises never to advise
 * removing what could be saved.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/path.h"
#include "box/box.h"
#include "box/salvage.h"
#include "doctor/doctor_probe.h"
#include "image/name/conf.h"
#include "image/name/ref.h"
#include "image/store/plan.h"

#define LAYER_META ".meta" /* image/store/layer_stack.h, which is part of another program */

static bool is_there(int dirfd, const char *path)
{
	return faccessat(dirfd, path, F_OK, 0) == 0 || errno != ENOENT;
}

/* What must be in the directory of a box; anything missing is made again, empty. */
static void check_folders(const struct box *b, struct doctor_result *ret)
{
	static const struct {
		const char *name, *held;
	} folders[] = {{"upper", "the files that were changed"}, {"home", "its home"}};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (fstatat(b->dir_fd, folders[i].name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISDIR(st.st_mode))
			doctor_fix(ret,
				   "box '%s': its directory '%s' is gone, and with it %s: the next "
				   "start makes an empty one",
				   b->name, folders[i].name, folders[i].held);
}

/* What it was made from can be provided again: the image by its name, steps by running them. */
static void check_origin(const struct store *s, const struct box *b, struct doctor_result *ret)
{
	cleanup_free char *blob = xasprintf("blobs/sha256/%s", b->digest.hex);
	cleanup_image_plan struct image_plan plan = {0};
	struct err ignored;
	int r;

	for (size_t i = 0; i < b->prepared.n; i++)
		if (!is_there(s->data_fd, b->prepared.v[i]))
			doctor_fix(ret,
				   "box '%s': '%s' is gone, which its steps had made: 'sandbox "
				   "enter --rebuild %s' makes it again and keeps the home",
				   b->name, b->prepared.v[i], b->name);
	if (!b->digest.hex[0])
		return;
	r = image_plan_read(s->data_fd, &b->digest, &plan, &ignored);
	if ((r < 0 || !image_plan_is_whole(s->data_fd, &plan)) && !is_there(s->data_fd, blob))
		doctor_fix(ret,
			   "box '%s': its image '%s' (sha256:%.12s) is gone: 'sandbox pull "
			   "%s', or 'sandbox enter --rebuild %s', which keeps the home",
			   b->name, b->image, b->digest.hex, b->image, b->name);
}

static void check_running(const struct box *b, struct doctor_result *ret)
{
	cleanup_close int connection = -1;
	int r;

	if (!box_is_running(b))
		return;
	if (!box_pid(b))
		doctor_fix(ret,
			   "box '%s': its lock is held by a process that is not recorded, or it "
			   "starts this moment: 'sandbox stop %s' if that lasts",
			   b->name, b->name);
	r = box_connect(b, &connection);
	if (r == -ENOLINK)
		doctor_fix(ret, "box '%s': runs and cannot be reached: 'sandbox stop %s' ends it",
			   b->name, b->name);
}

/* False if the box no longer exists. */
static bool check_box(const struct store *s, const char *id, struct doctor_result *ret)
{
	cleanup_box struct box b = BOX_INIT;
	struct err e;
	int r = box_load(s, id, &b, &e);

	if (r == -ENOENT)
		return false;
	if (r == -EUCLEAN) {
		cleanup_free char *name = salvage_name(s, id);

		doctor_fix(ret,
			   "box '%s': its record is damaged: 'sandbox enter --rebuild' in its "
			   "project's directory keeps its home ('%s/boxes/%s/home')",
			   name, s->data, id);
		return true;
	}
	if (r < 0) {
		doctor_fix(ret, "box '%s': %s", id, e.msg);
		return true;
	}
	/* For one in memory the files exist nowhere else. */
	if (!b.temporary)
		check_folders(&b, ret);
	check_origin(s, &b, ret);
	check_running(&b, ret);
	return true;
}

/* Creates nothing: a missing data directory has no boxes. */
static bool open_store(const struct doctor_place *place, struct store *ret,
		       struct doctor_result *result, const char *what)
{
	cleanup_free char *boxes = path_join(place->data_dir, "boxes");
	struct err e;

	if (!is_there(AT_FDCWD, boxes)) {
		doctor_set(result, DOCTOR_OK, NULL, "no %s yet", what);
		return false;
	}
	if (store_open(ret, &e) == 0)
		return true;
	doctor_set(result, DOCTOR_NOTE, NULL, "not looked at: %s", e.msg);
	return false;
}

static void conclude(struct doctor_result *ret, size_t n)
{
	if (ret->fix.n)
		doctor_set(ret, DOCTOR_NOTE, NULL, "%zu, and damage", n);
	else
		doctor_set(ret, DOCTOR_OK, NULL, "%zu, without damage that names and records show",
			   n);
}

void doctor_check_boxes(const struct doctor_place *place, struct doctor_result *ret)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_strv struct strv ids = {0};
	struct err e;
	size_t n = 0;

	if (!open_store(place, &s, ret, "boxes"))
		return;
	if (store_list(&s, &ids, &e) < 0) {
		doctor_set(ret, DOCTOR_NOTE, NULL, "%s", e.msg);
		return;
	}
	for (size_t i = 0; i < ids.n; i++)
		n += check_box(&s, ids.v[i], ret);
	conclude(ret, n);
}

static void check_name(const struct store *s, const char *name, struct doctor_result *ret)
{
	cleanup_free char *shown = reference_short(name, IMAGE_CONF_REGISTRY);
	struct ref ref;
	struct err e;

	if (ref_read(s->data_fd, name, &ref, &e) < 0 && e.code != ENOENT)
		doctor_fix(ret,
			   "image '%s': its name is damaged: 'sandbox image verify --repair', or "
			   "'sandbox pull %s'",
			   shown, shown);
}

/* A layer without its sidecar does not count: it is made again when needed. */
static void check_layer(const struct store *s, const char *name, struct doctor_result *ret)
{
	cleanup_free char *meta = xasprintf("layers/%s" LAYER_META, name);

	if (digest_valid_hex(name) && !is_there(s->data_fd, meta))
		doctor_fix(ret,
			   "layer %s: has no " LAYER_META
			   ": 'sandbox image verify --repair' creates it again, or 'sandbox image "
			   "prune' removes it when nothing needs it",
			   name);
}

void doctor_check_images(const struct doctor_place *place, struct doctor_result *ret)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_strv struct strv names = {0}, layers = {0};
	struct err e;
	int r;

	if (!open_store(place, &s, ret, "images"))
		return;
	r = ref_list(s.data_fd, &names, &e);
	if (r == 0)
		r = dir_names(s.data_fd, "layers", &layers, &e);
	if (r < 0 && r != -ENOENT) {
		doctor_set(ret, DOCTOR_NOTE, NULL, "%s", e.msg);
		return;
	}
	for (size_t i = 0; i < names.n; i++)
		check_name(&s, names.v[i], ret);
	for (size_t i = 0; i < layers.n; i++)
		check_layer(&s, layers.v[i], ret);
	conclude(ret, names.n);
}
