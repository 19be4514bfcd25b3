/*
 * image_build.c - `sandbox image build`: a Dockerfile becomes an image, or is only shown.
 *
 * With --print it reads the file and its ignore file, and nothing else: neither images nor the
 * context. With --devcontainer it also gets the features, whose documents decide their order.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/path.h"
#include "build/inside.h"
#include "build/engine/engine.h"
#include "build/ignore.h"
#include "build/remote.h"
#include "build/unset.h"
#include "build/values.h"
#include "cli/image/build_bases.h"
#include "cli/image/build_context.h"
#include "cli/image/build_features.h"
#include "cli/image/build_lent.h"
#include "cli/image/build_output.h"
#include "cli/image/build_places.h"
#include "cli/image/build_view.h"
#include "cli/image/image_common.h"
#include "cli/image_commands.h"
#include "config/devcontainer_file.h"
#include "config/value.h"
#include "image/name/platform.h"

#define TIME_LATEST 253402300799 /* the end of the year 9999, the last that a config can hold */

/* What a command line asks for. */
struct request {
	const struct build_cli *cli;
	const char *given; /* DIR, as it is written */
	const char *directory;
	struct build_context context; /* of a repository; else it has no top */
	char *file;		      /* its path; "-": standard input, or the text of an option */
	char *ignore_file;
	char *host_platform, *platform;
	struct graph_options options;
	struct ignore ignore;
	struct build_lent_list secrets, agents;
	struct build_output_list outputs;
	struct build_place_list cache_from, cache_to;
	char *devcontainer; /* its absolute path; or NULL */
	struct features_wanted features;
	struct lock_file lock;
};

static void request_clear(struct request *r)
{
	free(r->file);
	free(r->ignore_file);
	free(r->host_platform);
	free(r->platform);
	variables_clear(&r->options.args);
	variables_clear(&r->options.contexts);
	ignore_clear(&r->ignore);
	build_lent_clear(&r->secrets);
	build_lent_clear(&r->agents);
	build_output_clear(&r->outputs);
	build_places_clear(&r->cache_from);
	build_places_clear(&r->cache_to);
	free(r->devcontainer);
	features_clear(&r->features);
	lock_clear(&r->lock);
	build_context_clear(&r->context);
}

static bool is_remote(const struct request *r)
{
	return r->context.top >= 0;
}

static char *in_directory(const struct request *r, const char *name)
{
	return is_remote(r) || streq(r->directory, ".") ? xstrdup(name)
							: path_join(r->directory, name);
}

/* The path of the Dockerfile; the caller frees it. NULL with e set. */
static char *find_file(const struct request *r, struct err *e)
{
	static const char *const names[] = {"Dockerfile", "Containerfile", "dockerfile"};

	if (r->cli->file && r->cli->text) {
		err_set(e, ERR_USAGE, "--file and --file-text cannot be used together");
		return NULL;
	}
	if (r->cli->file || r->cli->text)
		return xstrdup(r->cli->text ? "-" : r->cli->file);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *path = in_directory(r, names[i]);

		if (faccessat(r->context.top, path, F_OK, is_remote(r) ? AT_SYMLINK_NOFOLLOW : 0) ==
		    0)
			return take_ptr(path);
		if (errno != ENOENT && errno != ENOTDIR) {
			err_sys(e, errno, "cannot look at '%s'", path);
			return NULL;
		}
	}
	err_set(e, ERR_USAGE,
		"there is no Dockerfile or Containerfile in '%s': name a file with --file",
		r->given);
	return NULL;
}

static struct inside inside_of(const struct request *r)
{
	return (struct inside){.top = r->cli->inside, .checksums = &r->cli->checksums};
}

/* A file of this machine, or of the repository. */
static int read_input(const struct request *r, const char *path, size_t max, struct buf *out,
		      struct err *e)
{
	const struct inside in = inside_of(r);

	return is_remote(r) ? build_context_read(&r->context, path, max, out, e)
			    : inside_read(&in, path, max, out, e);
}

static int read_stdin(struct buf *out, struct err *e)
{
	for (;;) {
		ssize_t n;

		buf_reserve(out, 1 << 16);
		n = read(STDIN_FILENO, out->data + out->len, 1 << 16);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, errno, "cannot read the standard input");
		if (n == 0)
			return 0;
		out->len += (size_t)n;
		out->data[out->len] = '\0';
		if (out->len > DOCKERFILE_MAX)
			return err_set(e, EFBIG, "the standard input is larger than 16 MiB");
	}
}

/* FILE.dockerignore, or else .dockerignore of the context. */
static int read_ignore(struct request *r, struct err *e)
{
	char *paths[] = {xasprintf("%s.dockerignore", r->file), in_directory(r, ".dockerignore")};
	cleanup_buf struct buf text = BUF_INIT;
	int res = -ENOENT;

	for (size_t i = streq(r->file, "-"); res == -ENOENT && i < ARRAY_SIZE(paths); i++) {
		res = read_input(r, paths[i], IGNORE_MAX, &text, e);
		if (res == 0)
			r->ignore_file = take_ptr(paths[i]);
	}
	if (res == 0)
		res = ignore_parse(text.data, text.len, r->ignore_file, &r->ignore, e);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		free(paths[i]);
	return res == -ENOENT ? 0 : res;
}

/* NAME=VALUE; NAME alone takes the value from the environment, if it has one. */
static int add_pairs(const char *option, const struct strv *words, bool environment,
		     struct variables *out, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < words->n; i++) {
		const char *word = words->v[i], *equals = strchr(word, '='), *value;
		cleanup_free char *name = xstrndup(word, strcspn(word, "="));

		value = equals ? equals + 1 : environment ? getenv(name) : NULL;
		if (!*name || (!equals && !environment))
			return err_set(e, ERR_USAGE, "--%s %s: expected NAME=VALUE", option, word);
		if (value)
			r = variables_set(out, name, value, e);
	}
	return r;
}

static int read_options(struct request *r, struct err *e)
{
	cleanup_platform struct platform host = {0};
	const struct inside in = inside_of(r);
	int res;

	platform_host(&host);
	/* As Docker names it: without the variant that is the default. */
	res = values_platform(host.arch, &r->host_platform, e);
	if (res == 0)
		res = values_platform(r->cli->platform ? r->cli->platform : r->host_platform,
				      &r->platform, e);
	if (res == 0)
		res = add_pairs("build-arg", &r->cli->build_args, true, &r->options.args, e);
	if (res == 0)
		res = add_pairs("build-context", &r->cli->build_contexts, false,
				&r->options.contexts, e);
	if (res == 0)
		res = build_lent_secrets(&r->cli->secrets, &r->secrets, e);
	if (res == 0)
		res = build_lent_agents(&r->cli->agents, &r->agents, e);
	if (res == 0)
		res = build_output_read(&r->cli->outputs, &r->outputs, e);
	if (res == 0)
		res = build_places_read("cache-from", &r->cli->cache_from, &r->cache_from, e);
	if (res == 0)
		res = build_places_read("cache-to", &r->cli->cache_to, &r->cache_to, e);
	if (res == 0 && r->cli->lock)
		res = build_bases_read(&in, r->cli->lock, &r->lock, e);
	/* They are two builds. */
	if (res == 0 && r->devcontainer && r->cache_to.n)
		res = err_set(e, ERR_USAGE, "--cache-to cannot be used with --devcontainer");
	r->options.target = r->cli->target;
	r->options.build_platform = r->host_platform;
	r->options.target_platform = r->platform;
	return res;
}

/* Notes what cannot work, though the file is right. */
static void note_ignored(const struct request *r, const struct graph *g, const struct step *s)
{
	const struct instruction *in = s->of->in;

	if ((in->kind != INSTRUCTION_COPY && in->kind != INSTRUCTION_ADD) || s->kept ||
	    s->of->sources[0].kind != SOURCE_FILES)
		return;
	for (size_t i = 0; i + 1 < s->args.n; i++) {
		cleanup_free char *path = path_normalize("/", s->args.v[i]);
		size_t line;

		if (strpbrk(s->args.v[i], "*?[\\<") || remote_kind(s->args.v[i]) != REMOTE_NONE ||
		    !path[1] || !ignore_matches(&r->ignore, path + 1, &line))
			continue;
		log_note("%s:%zu: '%s' is left out of the context by %s:%zu", g->file->name,
			 in->line, s->args.v[i], r->ignore_file, line);
	}
}

/* A --build-arg that is probably misspelt. Proxies need no ARG, and BUILDKIT_* is for BuildKit. */
static void note_unused_args(const struct graph *g)
{
	const struct strv *names = &g->options->args.names;

	for (size_t i = 0; i < names->n; i++) {
		const char *name = names->v[i];
		size_t k = 0, n = strlen(name);

		if (variables_get(&g->args, name) || starts_with(name, "BUILDKIT_") ||
		    streq(name, "SOURCE_DATE_EPOCH") ||
		    (n > 6 && strcasecmp(name + n - 6, "_proxy") == 0))
			continue;
		while (k < g->file->n && !unset_declares(&g->file->v[k], name))
			k++;
		if (k == g->file->n)
			log_note("--build-arg %s is not used: %s has no 'ARG %s'", name,
				 g->file->name, name);
	}
}

static void note_unset(const struct graph *g, const struct graph_stage *stage)
{
	cleanup_free char *help = unset_help(g->file, NULL, 0, stage->base.name, &g->args);

	log_note("%s:%zu: '%s': %s", g->file->name, stage->from->line, stage->base.name, help);
}

static void note_problems(const struct request *r, const struct graph *g, const struct steps *steps)
{
	note_unused_args(g);
	for (size_t i = 0; i < g->n; i++) {
		/* A build that needs it is refused. */
		if (r->cli->print && g->stages[i].base.unset)
			note_unset(g, &g->stages[i]);
		for (size_t k = 0; k < steps[i].n; k++)
			note_ignored(r, g, &steps[i].v[k]);
	}
}

/* A command that follows the project says it itself, so what it has built does not. */
static bool is_of_project(const struct request *r)
{
	return (r->cli->bases && !r->cli->print) ||
	       (r->cli->names.n && starts_with(r->cli->names.v[0], DEVCONTAINER_IMAGES));
}

static void note_left_out(const struct request *r)
{
	json_t *features = r->features.features;

	if (is_of_project(r))
		return;
	for (void *it = json_object_iter(features); it; it = json_object_iter_next(features, it)) {
		cleanup_feature struct feature f = {0};
		struct err ignored;

		if (feature_name(json_object_iter_key(it), NULL, NULL, &f, &ignored) == 0 &&
		    feature_wants_docker(&f))
			log_note("the feature '%s' is left out: it needs the API of Docker, which "
				 "a box does not have",
				 f.id);
	}
}

/* A short name means what sandbox.conf says: it is read, and no image. */
static int show_bases(const struct graph *g, struct err *e)
{
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	int r = image_tools_open(&t, e);

	return r < 0 ? r : build_bases_print_wanted(g, &t.conf, e);
}

static int show(const struct request *r, const struct graph *g, struct err *e)
{
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	cleanup_feature_set struct feature_set features = {.store = &t.store};
	struct steps *steps = xcalloc(g->n, sizeof(*steps));
	int res = steps_expand(g, steps, e);

	if (res == 0 && r->devcontainer)
		res = image_tools_open(&t, e);
	if (res == 0 && r->devcontainer)
		res = build_features_gather(&t.store, &t.conf, r->cli->inside, &r->features,
					    r->devcontainer, &features, e);
	if (res == 0) {
		const struct build_view view = {.graph = g,
						.steps = steps,
						.ignore_file = r->ignore_file,
						.devcontainer = r->devcontainer,
						.features = &features.list};

		note_problems(r, g, steps);
		note_left_out(r);
		if (r->cli->json)
			build_view_json(&view);
		else
			build_view_text(&view);
	}
	for (size_t i = 0; i < g->n; i++)
		steps_clear(&steps[i]);
	free(steps);
	return res;
}

/* Checks all that can be checked before anything runs. */
static int check(const struct request *r, const struct graph *g, struct err *e)
{
	struct steps *steps = xcalloc(g->n, sizeof(*steps));
	int res = steps_expand(g, steps, e);

	if (res == 0)
		note_problems(r, g, steps);
	if (res == 0)
		note_left_out(r);
	for (size_t i = 0; i < g->n; i++)
		steps_clear(&steps[i]);
	free(steps);
	return res;
}

static int read_name(const struct image_tools *t, const char *word, struct strv *out, struct err *e)
{
	cleanup_reference struct reference ref = {0};
	int res = reference_parse(word, t->conf.registry, &ref, e);

	if (res == 0 && ref.digest.hex[0])
		res = err_set(e, ERR_USAGE, "'%s' has a digest: a new name can only have a tag",
			      word);
	if (res == 0)
		strv_push_take(out, ref_name(&ref));
	return res;
}

/* The names of -t and of outputs that are images, in the form of ref_name(). */
static int read_names(const struct request *r, const struct image_tools *t, struct strv *out,
		      struct err *e)
{
	int res = 0;

	for (size_t i = 0; res == 0 && i < r->cli->names.n; i++)
		res = read_name(t, r->cli->names.v[i], out, e);
	for (size_t i = 0; res == 0 && i < r->outputs.n; i++)
		if (r->outputs.v[i].type == OUTPUT_IMAGE)
			res = read_name(t, r->outputs.v[i].name, out, e);
	return res;
}

/* --timestamp, else SOURCE_DATE_EPOCH; -1: there is none. */
static int read_time(const struct request *r, time_t *ret, struct err *e)
{
	const char *given = r->cli->timestamp, *epoch = getenv("SOURCE_DATE_EPOCH");
	const char *text = given ? given : epoch && *epoch ? epoch : NULL;
	unsigned long value = 0;

	if (text && !value_number(text, 0, TIME_LATEST, &value))
		return err_set(e, ERR_USAGE, "%s '%s' is not a number of seconds since 1970",
			       given ? "--timestamp" : "SOURCE_DATE_EPOCH", text);
	*ret = text ? (time_t)value : (time_t)-1;
	return 0;
}

static void print_built(const struct request *r, const struct image_tools *t,
			const struct build_request *req, const struct build_result *res)
{
	const struct strv *names = req->names;
	struct json j = JSON_INIT;

	if (!r->cli->json) {
		printf("%s\n", digest_text(&res->digest).s);
		if (r->cli->bases)
			build_bases_print(req->bases);
		return;
	}
	jsonout_object_begin(&j, NULL);
	jsonout_string(&j, "digest", digest_text(&res->digest).s);
	jsonout_array_begin(&j, "names");
	for (size_t i = 0; i < names->n; i++) {
		cleanup_free char *shown = image_tools_short(t, names->v[i]);

		jsonout_string(&j, NULL, shown);
	}
	jsonout_array_end(&j);
	jsonout_number(&j, "steps", (long long)res->steps);
	jsonout_number(&j, "cached", (long long)res->cached);
	build_bases_json(&j, req->bases);
	jsonout_object_end(&j);
	jsonout_print(&j);
}

static int build(const struct request *r, struct graph *g, struct err *e)
{
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	cleanup_strv struct strv names = {0}, bases = {0};
	struct build_request req = {.store = &t.store,
				    .conf = &t.conf,
				    .graph = g,
				    .context = r->directory,
				    .inside = r->cli->inside,
				    .fetched = is_remote(r),
				    .ignore = &r->ignore,
				    .locked = &r->lock.bases,
				    /* One that is being completed is not whole yet. */
				    .locked_only = r->lock.bases.n && !r->cli->bases &&
						   !r->cli->lock_partial,
				    .tell_unlocked = r->lock.bases.n && !r->cli->bases,
				    .bases = &bases,
				    .names = &names,
				    .secrets = r->secrets.v,
				    .n_secrets = r->secrets.n,
				    .agents = r->agents.v,
				    .n_agents = r->agents.n,
				    .cache_from = r->cache_from.v,
				    .n_cache_from = r->cache_from.n,
				    .cache_to = r->cache_to.v,
				    .n_cache_to = r->cache_to.n,
				    .no_cache = r->cli->no_cache,
				    .pull = r->cli->pull,
				    .debug_shell = r->cli->debug_shell};
	struct build_result res;
	int result = check(r, g, e);

	if (result == 0)
		result = read_time(r, &req.time, e);
	if (result == 0)
		result = image_tools_open(&t, e);
	if (result == 0)
		result = read_names(r, &t, &names, e);
	if (result == 0)
		result = r->devcontainer
				 ? build_features_run(&req, &r->features, r->devcontainer, &res, e)
				 : engine_run(&req, &res, e);
	if (result == 0)
		result = build_output_write(&r->outputs, &t.store, &res.digest,
					    names.n ? names.v[0] : NULL, e);
	if (result < 0)
		return result;
	if (!build_output_is_stdout(&r->outputs))
		print_built(r, &t, &req, &res);
	if (!names.n && !r->outputs.n && !r->cli->bases)
		log_note("the image has no name, and 'sandbox image prune' removes it: give it one "
			 "with --tag");
	return 0;
}

/* The features, and without a Dockerfile the image to install them in. */
static int read_devcontainer(struct request *r, bool has_dir, struct buf *out, struct err *e)
{
	const struct inside in = inside_of(r);
	cleanup_free char *here = getcwd(NULL, 0);
	const char *image;
	int res;

	/* Names in it are relative to where it was found, whatever link is there. */
	r->devcontainer = in.top ? path_normalize(here ? here : "/", r->cli->devcontainer)
				 : realpath(r->cli->devcontainer, NULL);
	if (!r->devcontainer)
		return err_sys(e, errno, "cannot open '%s'", r->cli->devcontainer);
	res = features_read(&in, r->devcontainer, &r->features, e);
	if (res < 0 || has_dir || r->cli->file || r->cli->text)
		return res;
	image = r->cli->features_in ? r->cli->features_in : r->features.image;
	if (!image)
		return err_set(e, ERR_USAGE,
			       "'%s' names no image: name the directory of its Dockerfile",
			       r->cli->devcontainer);
	buf_addf(out, "FROM %s\n", image);
	r->file = xstrdup(r->cli->devcontainer);
	return 0;
}

/* A repository is fetched, also to be only shown. */
static int fetch_context(struct request *r, struct err *e)
{
	const char *keep = variables_get(&r->options.args, "BUILDKIT_CONTEXT_KEEP_GIT_DIR");
	int res;

	if (!build_context_is_remote(r->given))
		return 0;
	res = build_context_fetch(&r->context, r->given, &r->agents, keep && streq(keep, "1"), e);
	r->directory = r->context.path;
	return res;
}

static int read_dockerfile(struct request *r, struct buf *out, struct err *e)
{
	int res;

	r->file = find_file(r, e);
	if (!r->file)
		return -e->code;
	if (r->cli->text)
		buf_addstr(out, r->cli->text);
	res = r->cli->text	    ? 0
	      : streq(r->file, "-") ? read_stdin(out, e)
				    : read_input(r, r->file, DOCKERFILE_MAX, out, e);
	return res < 0 ? res : read_ignore(r, e);
}

int image_cmd_build(const struct args *args, int *ret_status, struct err *e)
{
	__attribute__((cleanup(request_clear))) struct request r = {
		.cli = args->options,
		.given = args->n ? args->v[0] : ".",
		.context = BUILD_CONTEXT_INIT,
		.features = FEATURES_WANTED_INIT};
	cleanup_dockerfile struct dockerfile file = {0};
	cleanup_graph struct graph graph = {0};
	cleanup_buf struct buf text = BUF_INIT;
	int res = 0;

	(void)ret_status;
	r.directory = r.given;
	res = inside_check_words(&r.cli->checksums, e);
	if (res == 0 && r.cli->devcontainer)
		res = read_devcontainer(&r, args->n > 0, &text, e);
	if (res == 0)
		res = read_options(&r, e);
	if (res == 0)
		res = fetch_context(&r, e);
	if (res == 0 && !r.file)
		res = read_dockerfile(&r, &text, e);
	if (res == 0)
		res = dockerfile_parse(text.data, text.len, r.file, &file, e);
	if (res == 0)
		res = graph_make(&file, &r.options, &graph, e);
	if (res < 0)
		return res;
	if (r.cli->print)
		return r.cli->bases ? show_bases(&graph, e) : show(&r, &graph, e);
	return build(&r, &graph, e);
}
