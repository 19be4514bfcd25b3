/*
 * image_lock.c - `sandbox-image image lock`: the devcontainer-lock.json beside a devcontainer.json,
 * for `sandbox lock`, and for the first build of `sandbox enter`.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "build/inside.h"
#include "cli/image/image_common.h"
#include "image/devcontainer/features_wanted.h"
#include "image/feature/feature_gather.h"
#include "image/feature/feature_lock.h"

static int check(const struct features_wanted *f, const char *path, struct err *e)
{
	cleanup_strv struct strv missing = {0};

	feature_lock_missing(f->lock, f->features, &missing);
	for (size_t i = 0; i < missing.n; i++)
		log_warn("'%s' lacks the feature '%s'", path, missing.v[i]);
	return missing.n ? err_set(e, ESTALE, "'%s' does not fit: 'sandbox lock' writes it again",
				   path)
			 : 0;
}

/* Nothing is written for what is in the project itself, or if nothing changes. */
static int write_lock(const struct features_wanted *f, const struct feature_list *l,
		      const char *top, const char *path, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_free char *folder = path_normalize(path, "..");
	cleanup_close int dir = -1;
	size_t n = 0;
	int r = inside_open(top, folder, O_RDONLY | O_DIRECTORY, &dir, e);

	for (size_t i = 0; i < l->n; i++)
		n += l->v[i].kind != FEATURE_FOLDER;
	feature_lock_format(l, f->lock, f->features, &text);
	if (r < 0 || (!n && !f->lock) || file_holds(dir, path_basename(path), text.data, text.len))
		return r;
	r = file_write_atomic(dir, path_basename(path), text.data, text.len, 0644, e);
	if (r == 0)
		log_note("wrote '%s': the versions of %zu features", path, n);
	return r;
}

/* For a build: a directory that cannot be written, or a full disk, does not stop it. */
static int write_for_build(const struct features_wanted *f, const struct feature_list *l,
			   const char *top, const char *path)
{
	struct err e;

	if (write_lock(f, l, top, path, &e) < 0)
		log_note("the versions of features are not locked: %s", e.msg);
	return 0;
}

static bool is_complete(const struct features_wanted *f)
{
	cleanup_strv struct strv missing = {0};

	feature_lock_missing(f->lock, f->features, &missing);
	return !missing.n;
}

/*
 * The second word is the project. The third one: check, missing, all; or complete, which is missing for a
 * build.
 */
int image_cmd_lock(const struct args *args, int *ret_status, struct err *e)
{
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	cleanup_features struct features_wanted wanted = FEATURES_WANTED_INIT;
	cleanup_free char *path = feature_lock_path(args->v[0]);
	const struct inside in = {.top = args->v[1]};
	const char *how = args->v[2];
	struct feature_request req = {
		.store = &t.store, .conf = &t.conf, .inside = in.top, .file = args->v[0]};
	cleanup_feature_set struct feature_set set = {.store = &t.store};
	bool builds = streq(how, "complete");
	int r = features_read(&in, args->v[0], &wanted, e);

	(void)ret_status;
	if (r < 0)
		return r;
	if (streq(how, "check"))
		return check(&wanted, path, e);
	if (builds && is_complete(&wanted))
		return 0;
	req.text = wanted.text.data;
	req.features = wanted.features;
	req.override = &wanted.override;
	req.lock = streq(how, "all") ? NULL : wanted.lock;
	r = image_tools_open(&t, e);
	if (r == 0)
		r = feature_gather(&req, &set, e);
	if (r < 0)
		return r;
	return builds ? write_for_build(&wanted, &set.list, in.top, path)
		      : write_lock(&wanted, &set.list, in.top, path, e);
}
