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
	if (r == 0)
		r = ref_read(req->store->fd, name, &ref, e);
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
		return build_state_load(b->req->store, &digest, ret, ret_onbuild, e);
	platform = platform ? platform : b->req->graph->options->target_platform;
	r = reference_parse(name, b->req->conf->registry, &ref, e);
	if (r == 0)
		r = platform_parse(platform, &want, e);
	if (is_native(b, platform))
		req.platform = NULL;
	/* Two stages on one image pull it once. */
	pthread_mutex_lock(&pulling);
	if (r == 0)
		r = find_or_pull(b, name, platform, &req, &digest, e);
	pthread_mutex_unlock(&pulling);
	return r < 0 ? r : build_state_load(b->req->store, &digest, ret, ret_onbuild, e);
}
