/*
 * dockerfile.c - see dockerfile.h.
 *
 * Refuses files and contexts outside the project, of which nobody asked the user.
 */
#include "image/devcontainer/dockerfile.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "build/git_source.h"
#include "build/inside.h"
#include "build/remote.h"
#include "config/devcontainer_file.h"
#include "config/lock_file.h"
#include "config/schema.h"
#include "image/devcontainer/features.h"
#include "image/devcontainer/find.h"
#include "image/name/hash.h"

#define DOCKERFILE_MAX (10u << 20)
#define SHOWN_LEN      16 /* digits of a hash in a name */

void dockerfile_build_clear(struct dockerfile_build *d)
{
	free(d->file);
	free(d->context);
	free(d->target);
	strv_clear(&d->args);
	strv_clear(&d->caches);
	strv_clear(&d->contexts);
	strv_clear(&d->secrets);
	strv_clear(&d->agents);
	strv_clear(&d->names);
	strv_clear(&d->checksums);
	free(d->image);
	buf_free(&d->features);
}

/* A service that cannot be built is left out; without its own image there is no box. */
static void complain(struct resolution *r, const struct dockerfile_build *d, const char *why)
{
	if (d->service)
		resolution_note(r, &d->at, "service '%s' is left out: %s", d->service, why);
	else
		resolution_cannot(r, &d->at, "%s", why);
}

char *dockerfile_find(struct resolution *r, const struct dockerfile_build *d, const char *what,
		      const char *path)
{
	const char *shown = path_is_beneath(path, r->project) && !streq(path, r->project)
				    ? path + strlen(r->project) + 1
				    : path;
	cleanup_free char *real = NULL, *why = NULL;

	resolution_look(r, path);
	real = realpath(path, NULL);
	if (real && path_is_beneath(real, r->project))
		return take_ptr(real);
	why = xasprintf("%s '%s' %s", what, shown,
			real ? "is not in the project" : "does not exist");
	complain(r, d, why);
	return NULL;
}

/*
 * What sandbox.lock has of bases: its path goes into words, and their lines into key. A damaged lock
 * is told where it is followed.
 */
static void follow_lock(struct resolution *r, struct strv *words, struct buf *key,
			struct strv *checksums)
{
	cleanup_free char *path = path_join(r->project, LOCK_FILE);
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_lock struct lock_file lock = {0};
	struct err ignored;

	if (resolution_read_inside(r, path, LOCK_MAX_BYTES, &text, &ignored) < 0 ||
	    lock_parse(text.data, text.len, LOCK_FILE, &lock, &ignored) < 0 || !lock.bases.n)
		return;
	strv_push(words, "--lock");
	strv_push(words, path);
	inside_add_checksum(path, text.data, text.len, checksums);
	for (size_t i = 0; i < lock.bases.n; i++)
		buf_addf(key, "%s%s", lock.bases.v[i], i % 3 == 2 ? "\n" : " ");
}

static void add_list(const char *option, const struct strv *values, struct strv *out)
{
	for (size_t i = 0; i < values->n; i++) {
		strv_push(out, option);
		strv_push(out, values->v[i]);
	}
}

/*
 * Options and words of `image build`, after its names. A box can change what was read here before it is
 * read again, or put a symlink there.
 */
static void add_words(const struct dockerfile_build *d, const char *project, const char *file,
		      const char *context, const struct strv *checksums, struct strv *out)
{
	strv_push(out, "--inside");
	strv_push(out, project);
	add_list("--checksum", &d->checksums, out);
	add_list("--checksum", checksums, out);
	if (d->from) {
		strv_push(out, "--devcontainer");
		strv_push(out, d->from);
	}
	if (!context) {
		strv_push(out, "--features-in");
		strv_push(out, d->image);
		return;
	}
	if (d->target) {
		strv_push(out, "--target");
		strv_push(out, d->target);
	}
	if (file || d->text) {
		strv_push(out, file ? "--file" : "--file-text");
		strv_push(out, file ? file : d->text);
	}
	add_list("--build-arg", &d->args, out);
	add_list("--cache-from", &d->caches, out);
	add_list("--build-context", &d->contexts, out);
	add_list("--secret", &d->secrets, out);
	add_list("--ssh", &d->agents, out);
	strv_push(out, "--");
	strv_push(out, context);
}

/* The same for every clone. */
static void add_context(const struct resolution *r, const char *value, struct buf *out)
{
	const char *path = strchr(value, '=') + 1;
	bool inside = *path == '/' && path_is_beneath(path, r->project);
	bool ours = starts_with(path, SOURCE_DOCKER_IMAGE DEVCONTAINER_IMAGES);

	path = inside ? path + strlen(r->project) : ours ? strrchr(path, ':') : path;
	buf_addf(out, "context %.*s%s\n", (int)(strchr(value, '=') + 1 - value), value, path);
}

static void hash_build(const struct resolution *r, const struct dockerfile_build *d,
		       const char *file, const char *context, const char *text, const char *bases,
		       struct digest *ret)
{
	cleanup_buf struct buf all = BUF_INIT;

	buf_addstr(&all, bases);
	buf_addstr(&all, d->features.data);
	if (!context)
		buf_addf(&all, "image %s\n", d->image);
	if (context && d->target)
		buf_addf(&all, "%s\n", d->target);
	if (context)
		buf_addf(&all, "%s\n%s\n%s\n", file ? file : "", context, text);
	for (size_t i = 0; context && i < d->args.n; i++)
		buf_addf(&all, "%s\n", d->args.v[i]);
	for (size_t i = 0; context && i < d->contexts.n; i++)
		add_context(r, d->contexts.v[i], &all);
	hash_bytes(all.data, all.len, ret);
}

static char *repository(const struct resolution *r)
{
	struct digest project;

	hash_bytes(r->project, strlen(r->project), &project);
	return xasprintf(DEVCONTAINER_IMAGES "%.*s", SHOWN_LEN, project.hex);
}

char *dockerfile_last(const struct resolution *r)
{
	cleanup_free char *name = repository(r);

	return xasprintf("%s:last", name);
}

/*
 * A repository: who changes the file can as well change what a Dockerfile of the project fetches. False,
 * as was said: it cannot be fetched.
 */
static bool check_remote(struct resolution *r, const struct dockerfile_build *d)
{
	cleanup_git_source struct git_source source = {0};
	cleanup_free char *why = NULL;
	struct err e;

	if (!remote_is_context(d->context))
		why = xasprintf("the context '%s' is neither in the project nor a git repository",
				d->context);
	else if (git_source_parse(d->context, &source, &e) < 0)
		why = xstrdup(e.msg);
	else if (source.by_ssh && !d->agents.n)
		why = xasprintf("the context '%s' is fetched by SSH, for which a project has none "
				"of your keys: 'ssh' of a compose file's build asks for the agent",
				source.shown);
	if (why)
		complain(r, d, why);
	return !why;
}

/*
 * The real paths of the Dockerfile, if it is a file, and its context, and its text. False, as was said:
 * no build.
 */
static bool read_files(struct resolution *r, const struct dockerfile_build *d, char **ret_file,
		       char **ret_context, struct buf *text, struct strv *checksums)
{
	cleanup_free char *file = d->text ? NULL : dockerfile_find(r, d, "the Dockerfile", d->file);
	cleanup_free char *context = file || d->text
					     ? dockerfile_find(r, d, "the context", d->context)
					     : NULL;
	struct err e;

	if (!context)
		return false;
	if (d->text)
		buf_addstr(text, d->text);
	else if (resolution_read_inside(r, file, DOCKERFILE_MAX, text, &e) < 0) {
		complain(r, d, e.msg);
		return false;
	} else
		inside_add_checksum(file, text->data, text->len, checksums);
	*ret_file = take_ptr(file);
	*ret_context = take_ptr(context);
	return true;
}

/* What it reads; false, as was said: no build. text: of a Dockerfile that is known here. */
static bool find_files(struct resolution *r, const struct dockerfile_build *d, char **ret_file,
		       char **ret_context, struct buf *text, struct strv *checksums)
{
	if (!d->remote)
		return (!d->file && !d->text) ||
		       read_files(r, d, ret_file, ret_context, text, checksums);
	if (!check_remote(r, d))
		return false;
	buf_addstr(text, d->text ? d->text : "");
	*ret_file = d->file ? xstrdup(d->file) : NULL;
	*ret_context = xstrdup(d->context);
	return true;
}

char *dockerfile_name(struct resolution *r, const struct dockerfile_build *d)
{
	cleanup_free char *file = NULL, *context = NULL, *base = repository(r), *name = NULL;
	cleanup_free char *last = dockerfile_last(r);
	cleanup_buf struct buf text = BUF_INIT, bases = BUF_INIT;
	cleanup_strv struct strv words = {0}, checksums = {0};
	/* The same for every clone: 'prebuilt' looks for it. */
	size_t root = d->remote ? 0 : strlen(r->project);
	struct digest content;

	if (!find_files(r, d, &file, &context, &text, &checksums))
		return NULL;
	follow_lock(r, &words, &bases, &checksums);
	/* Services whose images are pulled are not locked at all. */
	if (words.n && d->service)
		strv_push(&words, "--lock-partial");
	hash_build(r, d, file ? file + root : NULL, context ? context + root : NULL, text.data,
		   bases.data, &content);
	name = xasprintf("%s:%.*s", base, SHOWN_LEN, content.hex);
	add_words(d, r->project, file, context, &checksums, &words);
	resolution_build(r, d->service, name, last, &words);
	return take_ptr(name);
}

void dockerfile_add_features(struct merging *m, const struct layer_json *file,
			     struct dockerfile_build *d)
{
	if (features_are_named(file))
		features_describe(m, file, &d->features, &d->names, &d->checksums);
	/* A Dockerfile alone says nothing that belongs into a label. */
	d->from = find_is_dockerfile(file->where) ? NULL : file->where;
	if (d->from)
		strv_push(&d->checksums, file->checksum);
}

bool dockerfile_is_remote(const char *context)
{
	return strstr(context, "://") || starts_with(context, "git@") || remote_is_context(context);
}

bool dockerfile_is_named(const struct layer_json *file)
{
	return json_object_get(file->root, "build") || json_object_get(file->root, "dockerFile") ||
	       json_object_get(file->root, "dockerfile");
}

/* The value of build.KEY, else of an old key; NULL: there is none. */
static const json_t *find(const struct layer_json *file, const char *key, const char *old)
{
	const json_t *value = json_object_get(json_object_get(file->root, "build"), key);

	return value || !old ? value : json_object_get(file->root, old);
}

/* A path relative to the file's directory; NULL, with a note: it has unknown variables. */
static char *path_of(struct merging *m, const struct layer_json *file, const struct said_at *at,
		     const char *what, const json_t *value, const char *preset)
{
	cleanup_free char *folder = path_normalize(file->where, "..");
	cleanup_free char *text = value ? layer_text(m, at, what, value, VARIABLES_TEXT, NULL)
					: xstrdup(preset);

	return text ? path_normalize(folder, text) : NULL;
}

static void read_arguments(struct merging *m, const struct layer_json *file,
			   struct dockerfile_build *d)
{
	json_t *args = (json_t *)find(file, "args", NULL);

	for (void *it = json_object_iter(args); it; it = json_object_iter_next(args, it)) {
		const char *name = json_object_iter_key(it);
		cleanup_free char *what = xasprintf("build.args.%s", name);
		cleanup_free char *text = layer_text(m, &d->at, what, json_object_iter_value(it),
						     VARIABLES_TEXT, &d->names);

		if (text)
			strv_push_take(&d->args, xasprintf("%s=%s", name, text));
	}
}

static void note_options(struct merging *m, const struct layer_json *file, const struct said_at *at)
{
	const json_t *options = find(file, "options", NULL);

	for (size_t i = 0; i < json_array_size(options); i++) {
		const char *word = json_string_value(json_array_get(options, i));

		resolution_note(m->resolution, at, "the build option '%s' is left out",
				word ? word : "");
	}
}

/* A cache of this machine's, or of a service, is nothing that a project can name. */
void dockerfile_add_cache(struct resolution *r, const struct said_at *at, const char *key,
			  const char *value, struct dockerfile_build *d)
{
	if (strchr(value, '=') && !starts_with(value, "type=registry,"))
		resolution_note(r, at,
				"%s '%s' is left out: expected the name of an image, or "
				"type=registry,ref=NAME",
				key, value);
	else if (*value)
		strv_push(&d->caches, value);
}

static void add_cache(struct merging *m, struct dockerfile_build *d, const json_t *value)
{
	cleanup_free char *text = layer_text(m, &d->at, "build.cacheFrom", value, VARIABLES_TEXT,
					     &d->names);

	if (text)
		dockerfile_add_cache(m->resolution, &d->at, "build.cacheFrom", text, d);
}

static void read_caches(struct merging *m, const struct layer_json *file,
			struct dockerfile_build *d)
{
	const json_t *value = find(file, "cacheFrom", NULL);

	for (size_t i = 0; i < json_array_size(value); i++)
		add_cache(m, d, json_array_get(value, i));
	if (value && !json_is_array(value) && !json_is_null(value))
		add_cache(m, d, value);
}

/* The Dockerfile of a repository is in that. */
static void read_places(struct merging *m, const struct layer_json *file,
			struct dockerfile_build *d)
{
	const json_t *path = find(file, "dockerfile", "dockerFile");
	const json_t *where = find(file, "context", "context");
	cleanup_free char *context = NULL;

	path = path ? path : json_object_get(file->root, "dockerfile");
	if (json_is_string(where))
		context = layer_text(m, &d->at, "the context", where, VARIABLES_TEXT, &d->names);
	d->remote = context && dockerfile_is_remote(context);
	if (!d->remote) {
		d->file = path_of(m, file, &d->at, "the Dockerfile", path, "Dockerfile");
		d->context = path_of(m, file, &d->at, "the context", where, ".");
		return;
	}
	d->context = take_ptr(context);
	if (path)
		d->file = layer_text(m, &d->at, "the Dockerfile", path, VARIABLES_TEXT, NULL);
}

static void read_dockerfile(struct merging *m, const struct layer_json *file,
			    struct dockerfile_build *d)
{
	const json_t *target = find(file, "target", NULL);

	read_places(m, file, d);
	if (target)
		d->target = layer_text(m, &d->at, "build.target", target, VARIABLES_TEXT, NULL);
	read_arguments(m, file, d);
	read_caches(m, file, d);
	note_options(m, file, &d->at);
}

char *dockerfile_image(struct merging *m, const struct layer_json *file, const char *image)
{
	bool named = dockerfile_is_named(file);
	const char *key = !named				 ? "image"
			  : json_object_get(file->root, "build") ? "build"
								 : "dockerFile";
	const struct schema_key *row = &schema_keys[KEY_IMAGE];
	cleanup_dockerfile_build struct dockerfile_build d = {.at = layer_at(file, key, NULL, -1),
							      .features = BUF_INIT};
	cleanup_free char *name = NULL, *used = NULL;

	/* The image gets a label in any case. */
	dockerfile_add_features(m, file, &d);
	if (named)
		read_dockerfile(m, file, &d);
	else
		d.image = xstrdup(image);
	if (!named || (d.context && (d.file || d.remote)))
		name = dockerfile_name(m->resolution, &d);
	if (!name)
		return NULL;
	used = strv_join(&d.names, " ");
	resolution_set(m->resolution, &d.at, key, row->section, row->key, name, used);
	return take_ptr(name);
}
