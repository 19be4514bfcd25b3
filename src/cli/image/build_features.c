/*
 * build_features.c - see build_features.h.
 *
 * Two builds, because what a feature is told depends on the user and the label of the image below.
 * The steps of the second one stand for features: errors and progress name these.
 */
#include "cli/image/build_features.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/feature/feature_steps.h"
#include "image/load.h"

#define LABEL "devcontainer.metadata"

/* The image below, with what of it counts. */
struct below {
	struct digest digest;
	struct manifest manifest;
	struct image_config config;
	const char *label;
	char *remote_user, *container_user;
};

static void below_clear(struct below *b)
{
	manifest_clear(&b->manifest);
	config_clear(&b->config);
	free(b->remote_user);
	free(b->container_user);
}

/* The last entry of the label that names the user counts; the caller frees it. */
static char *user_of_label(const char *label, const char *key)
{
	cleanup_free char *wrapped = xasprintf("[%s]", label ? label : "[]");
	json_t *all = json_loads(wrapped, 0, NULL), *list = json_array_get(all, 0);
	const char *user = json_string_value(json_object_get(list, key));
	char *copy;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *other = json_string_value(
			json_object_get(json_array_get(list, i), key));

		user = other ? other : user;
	}
	copy = user && *user ? xstrdup(user) : NULL;
	json_decref(all);
	return copy;
}

/* As the box will choose it: devcontainer.json, the label, the image; of each without the group. */
static void choose_users(const struct features_wanted *wanted, struct below *b)
{
	cleanup_free char *remote = user_of_label(b->label, "remoteUser");
	cleanup_free char *container = user_of_label(b->label, "containerUser");
	const char *user = b->config.user && *b->config.user ? b->config.user : "root";

	user = container ? container : user;
	user = wanted->container_user ? wanted->container_user : user;
	b->container_user = xstrndup(user, strcspn(user, ":"));
	user = remote ? remote : b->container_user;
	user = wanted->remote_user ? wanted->remote_user : user;
	b->remote_user = xstrndup(user, strcspn(user, ":"));
}

static int read_below(const struct image_store *store, const struct features_wanted *wanted,
		      struct below *b, struct err *e)
{
	int r = image_load(store, &b->digest, &b->manifest, &b->config, e);

	/* It would begin another instruction. */
	if (r == 0 && b->config.user && strpbrk(b->config.user, "\r\n"))
		r = err_set(e, EBADMSG, "the image's user has a newline");
	if (r < 0)
		return r;
	for (size_t i = 0; i < b->config.label_keys.n; i++)
		if (streq(b->config.label_keys.v[i], LABEL))
			b->label = b->config.label_values.v[i];
	choose_users(wanted, b);
	return 0;
}

/* An instruction is that of the feature: RUN ends those of one. */
static void name_steps(struct dockerfile *d, const struct feature_list *l)
{
	size_t at = 0;

	for (size_t i = 0; i < d->n && at < l->n; i++) {
		struct instruction *in = &d->v[i];

		in->line = l->v[at].line ? l->v[at].line : 1;
		if (in->kind != INSTRUCTION_RUN)
			continue;
		free(in->text);
		in->text = xasprintf("feature %s", l->v[at++].id);
	}
}

static int add_contexts(const struct feature_list *l, const struct digest *below,
			struct variables *out, struct err *e)
{
	cleanup_free char *base = xasprintf(SOURCE_DOCKER_IMAGE "%s", digest_text(below).s);
	int r = variables_set(out, FEATURE_BASE, base, e);

	for (size_t i = 0; r == 0 && i < l->n; i++) {
		cleanup_free char *name = xasprintf(FEATURE_CONTEXT "%zu", i);

		r = variables_set(out, name, l->v[i].dir, e);
	}
	return r;
}

static int install(const struct build_request *req, const struct feature_list *l,
		   const struct below *below, json_t *metadata, const char *file,
		   struct build_result *ret, struct err *e)
{
	const struct graph_options *of = req->graph->options;
	struct graph_options options = {.build_platform = of->build_platform,
					.target_platform = of->target_platform};
	const struct feature_image image = {.user = below->config.user ? below->config.user : "",
					    .remote_user = below->remote_user,
					    .container_user = below->container_user,
					    .label = below->label,
					    .metadata = metadata};
	struct build_request own = *req;
	cleanup_dockerfile struct dockerfile d = {0};
	cleanup_graph struct graph graph = {0};
	cleanup_buf struct buf text = BUF_INIT;
	int r;

	own.graph = &graph;
	own.pull = false;
	feature_steps(l, &image, &text);
	r = add_contexts(l, &below->digest, &options.contexts, e);
	if (r == 0)
		r = dockerfile_parse(text.data, text.len, file, &d, e);
	if (r == 0) {
		name_steps(&d, l);
		r = graph_make(&d, &options, &graph, e);
	}
	if (r == 0)
		r = engine_run(&own, ret, e);
	variables_clear(&options.contexts);
	return r;
}

int build_features_gather(const struct image_store *store, const struct image_conf *conf,
			  const char *inside, const struct features_wanted *wanted,
			  const char *file, struct feature_set *ret, struct err *e)
{
	const struct feature_request req = {.store = store,
					    .conf = conf,
					    .inside = inside,
					    .file = file,
					    .text = wanted->text.data,
					    .features = wanted->features,
					    .lock = wanted->lock,
					    .override = &wanted->override};

	return feature_gather(&req, ret, e);
}

int build_features_run(const struct build_request *req, const struct features_wanted *wanted,
		       const char *file, struct build_result *ret, struct err *e)
{
	__attribute__((cleanup(below_clear))) struct below below = {0};
	const struct strv no_names = {0};
	struct build_request first = *req;
	struct build_result lower, upper;
	cleanup_feature_set struct feature_set set = {.store = req->store};
	int r;

	first.names = &no_names;
	r = engine_run(&first, &lower, e);
	below.digest = lower.digest;
	if (r == 0)
		r = read_below(req->store, wanted, &below, e);
	if (r == 0)
		r = build_features_gather(req->store, req->conf, req->inside, wanted, file, &set,
					  e);
	if (r == 0)
		r = install(req, &set.list, &below, wanted->metadata, file, &upper, e);
	if (r < 0)
		return r;
	*ret = upper;
	ret->steps += lower.steps;
	ret->cached += lower.cached;
	return 0;
}
