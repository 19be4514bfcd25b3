/*
 * build_base.c - finding or pulling the image of FROM.
 *
 * An image for another platform than this machine's is pulled without a name: the name means this
 * machine's.
 */
#include "build/engine/build_base.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "build/engine/build_files.h"
#include "config/devcontainer_file.h"
#include "config/lock_file.h"
#include "image/layer/owner_mark.h"
#include "image/name/platform.h"
#include "image/name/ref.h"
#include "image/pull.h"
#include "image/store/plan.h"

static pthread_mutex_t pulling = PTHREAD_MUTEX_INITIALIZER;

/* Of this machine? Then an image that is here may be used. */
static bool is_native(const struct build *b, const char *platform)
{
	return streq(platform, b->req->graph->options->build_platform);
}

/* Is all of it unpacked? */
static bool is_whole(const struct image_store *store, const struct digest *manifest)
{
	cleanup_image_plan struct image_plan plan = {0};
	struct err ignored;

	return image_plan_read(store->fd, manifest, &plan, &ignored) == 0 &&
	       image_plan_is_whole(store->fd, &plan);
}

static int find_local(const struct pull_request *req, struct digest *ret, struct err *e)
{
	cleanup_free char *name = ref_name(req->ref);
	struct ref ref;
	int r = ref_read(req->store->fd, name, &ref, e);

	if (r == 0 && is_whole(req->store, &ref.manifest)) {
		*ret = ref.manifest;
		return 0;
	}
	r = image_prepare(req, e);
	if (r < 0)
		return r;
	r = ref_read(req->store->fd, name, &ref, e);
	/* One that is here by another name, or without one. */
	if (r == -ENOENT && req->ref->digest.hex[0]) {
		*ret = req->ref->digest;
		return 0;
	}
	if (r == 0)
		*ret = ref.manifest;
	return r;
}

static int find_or_pull(const struct build *b, const char *word, const char *platform,
			struct pull_request *req, struct digest *ret, struct err *e)
{
	bool native = is_native(b, platform);
	struct pull_result res;
	int r = native && !b->req->pull ? find_local(req, ret, e) : -ENOENT;

	if (r != -ENOENT)
		return r;
	r = build_may_make(b, e);
	if (r < 0)
		return r;
	req->unnamed = !native;
	if (!b->req->pull)
		log_note("image '%s' is not here%s%s: pulling it from %s", word,
			 native ? "" : " for ", native ? "" : platform, req->ref->registry);
	r = image_pull(req, &res, e);
	if (r == 0)
		*ret = res.digest;
	return r;
}

/* "sha256:...": an image of the store that has no name, which only a caller of the engine knows. */
static bool is_digest(const char *name, struct digest *ret)
{
	struct err ignored;

	return digest_parse(name, ret, &ignored) == 0;
}

/* A name means what the lock says. One that has a digest already means that. */
static int follow_lock(const struct build *b, const char *name, const char *platform,
		       struct reference *ref, struct err *e)
{
	const struct build_request *req = b->req;
	const char *digest = req->locked ? lock_base(req->locked, platform, name) : NULL;

	if (!digest && req->locked_only)
		return err_set(e, ERR_USAGE,
			       "image '%s' for %s is not in " LOCK_FILE ": 'sandbox lock' adds it",
			       name, platform);
	if (!digest && req->tell_unlocked)
		log_note("image '%s' for %s is not in " LOCK_FILE ": 'sandbox lock' adds it", name,
			 platform);
	return digest ? digest_parse(digest, &ref->digest, e) : 0;
}

static void note_used(const struct build *b, const char *name, const char *platform,
		      const struct digest *digest)
{
	struct strv *bases = b->req->bases;

	if (!bases || lock_base(bases, platform, name))
		return;
	strv_push(bases, platform);
	strv_push(bases, name);
	strv_push(bases, digest_text(digest).s);
}

/* What is found by its name alone is followed by its digest in the lock, and noted. */
static int find_named(const struct build *b, const char *word, const char *platform,
		      struct pull_request *req, struct reference *ref, struct digest *ret,
		      struct err *e)
{
	cleanup_free char *name = ref_name(ref);
	/* The image that another build of the project made is no base of it. */
	bool has_digest = ref->digest.hex[0] || starts_with(name, DEVCONTAINER_IMAGES);
	int r = has_digest ? 0 : follow_lock(b, name, platform, ref, e);

	if (r == 0)
		r = find_or_pull(b, word, platform, req, ret, e);
	if (r < 0 && r != -ERR_RETRY && !has_digest && ref->digest.hex[0])
		return err_add(e, LOCK_FILE " names image '%s' by its digest", word);
	if (r == 0 && !has_digest)
		note_used(b, name, platform, ret);
	return r;
}

/* What older programs unpacked lacks marks that steps need. */
static int load(const struct build *b, const struct digest *digest, struct build_state *ret,
		struct strv *ret_onbuild, struct err *e)
{
	cleanup_build_files struct build_files files = {0};
	int r = build_state_load(b->req->store, digest, ret, ret_onbuild, e);

	if (r == 0)
		r = build_files_open(ret, b->req->store, &files, e);
	for (size_t i = 0; r == 0 && i < files.n; i++)
		if (files.metas[i] >= 0)
			r = owner_mark_layer(files.layers[i], files.metas[i], e);
	return r;
}

int build_base_image(const struct build *b, const char *name, const char *platform,
		     struct build_state *ret, struct strv *ret_onbuild, struct err *e)
{
	cleanup_reference struct reference ref = {0};
	cleanup_platform struct platform want = {0};
	struct pull_request req = {
		.store = b->req->store, .conf = b->req->conf, .ref = &ref, .platform = &want};
	struct digest digest;
	int r;

	if (is_digest(name, &digest))
		return load(b, &digest, ret, ret_onbuild, e);
	platform = platform ? platform : b->req->graph->options->target_platform;
	r = reference_parse(name, b->req->conf->registry, &ref, e);
	if (r == 0)
		r = platform_parse(platform, &want, e);
	if (is_native(b, platform))
		req.platform = NULL;
	/* Two stages on one image pull it once. */
	pthread_mutex_lock(&pulling);
	if (r == 0)
		r = find_named(b, name, platform, &req, &ref, &digest, e);
	pthread_mutex_unlock(&pulling);
	return r < 0 ? r : load(b, &digest, ret, ret_onbuild, e);
}
