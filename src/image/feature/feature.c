/*
 * feature.c - see feature.h.
 */
#include "image/feature/feature.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "image/name/reference.h"

#define OFFICIAL "ghcr.io/devcontainers/features/"

void feature_clear(struct feature *f)
{
	free(f->id);
	free(f->resource);
	free(f->version);
	free(f->dir);
	free(f->needs);
	json_decref(f->given);
	json_decref(f->doc);
	strv_clear(&f->aliases);
	*f = (struct feature){0};
}

void feature_list_clear(struct feature_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		feature_clear(&l->v[i]);
	free(l->v);
	*l = (struct feature_list){0};
}

/* Ids from the time before registries; option: what a feature of its own has become. */
static const struct old_id {
	const char *id, *now, *option;
} old_ids[] = {
	{"golang", "go", NULL},
	{"common", "common-utils", NULL},
	{"gradle", "java", "installGradle"},
	{"maven", "java", "installMaven"},
	{"jupyterlab", "python", "installJupyterlab"},
	{"aws-cli", NULL, NULL},
	{"azure-cli", NULL, NULL},
	{"desktop-lite", NULL, NULL},
	{"docker-in-docker", NULL, NULL},
	{"docker-from-docker", NULL, NULL},
	{"dotnet", NULL, NULL},
	{"git", NULL, NULL},
	{"git-lfs", NULL, NULL},
	{"github-cli", NULL, NULL},
	{"java", NULL, NULL},
	{"kubectl-helm-minikube", NULL, NULL},
	{"node", NULL, NULL},
	{"powershell", NULL, NULL},
	{"python", NULL, NULL},
	{"ruby", NULL, NULL},
	{"rust", NULL, NULL},
	{"sshd", NULL, NULL},
	{"terraform", NULL, NULL},
};

static const struct old_id *find_old(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(old_ids); i++)
		if (streq(old_ids[i].id, id))
			return &old_ids[i];
	return NULL;
}

/* A string is the version; what is not an object gives nothing. */
static json_t *read_options(const json_t *options)
{
	if (json_is_object(options))
		return json_deep_copy(options);
	if (json_is_string(options))
		return json_pack("{s:s}", "version", json_string_value(options));
	return json_object();
}

static int name_folder(const char *id, const char *folder, struct feature *f, struct err *e)
{
	if (*id == '/')
		return err_set(e, ERR_USAGE,
			       "the feature '%s' is an absolute path: name it relative to the "
			       "devcontainer.json",
			       id);
	f->kind = FEATURE_FOLDER;
	f->resource = path_normalize(folder ? folder : "/", id);
	f->version = xstrdup("");
	return 0;
}

/* .../devcontainer-feature-ID.tgz */
static int name_tarball(const char *id, struct feature *f, struct err *e)
{
	static const char begin[] = "devcontainer-feature-", end[] = ".tgz";
	cleanup_free char *url = xstrndup(id, strcspn(id, "?#"));
	const char *name = path_basename(url);

	if (!starts_with(name, begin) || !ends_with(name, end) ||
	    strlen(name) <= sizeof(begin) - 1 + sizeof(end) - 1)
		return err_set(e, ERR_USAGE,
			       "the feature '%s' is not named as tarballs of features are: "
			       "https://.../devcontainer-feature-ID.tgz",
			       id);
	f->kind = FEATURE_TARBALL;
	f->resource = xstrdup(id);
	f->version = xstrdup("");
	return 0;
}

/* Upper case is allowed in the name, and means the same. */
static char *lower_name(const char *id)
{
	char *text = xstrdup(id), *slash = strrchr(text, '/');
	size_t n = strcspn(text, "@");

	if (slash && slash < text + n)
		n = (size_t)(slash - text) + strcspn(slash, ":@");
	for (size_t i = 0; i < n; i++)
		text[i] = (char)tolower((unsigned char)text[i]);
	return text;
}

/*
 * OWNER/REPO/ID@TAG was a release of a GitHub repository, and has been dropped from the
 * specification. The same authors publish to GitHub's registry, where versions have no v.
 */
static int refuse_no_registry(const char *id, struct err *e)
{
	const char *tag = strchr(id, '@');
	cleanup_free char *name = xstrndup(id, strcspn(id, "@"));

	if (tag && !strchr(tag, ':'))
		return err_set(e, ERR_USAGE,
			       "the feature '%s' is a release of a GitHub repository, a form that "
			       "the specification has dropped: its author may have published it as "
			       "'ghcr.io/%s:%s'",
			       id, name, tag + (tag[1] == 'v' ? 2 : 1));
	return err_set(e, ERR_USAGE,
		       "the feature '%s' names no registry: as 'ghcr.io/%s' it would be one of "
		       "GitHub's",
		       id, id);
}

static int name_artifact(const char *id, struct feature *f, struct err *e)
{
	cleanup_reference struct reference ref = {0};
	cleanup_free char *lower = lower_name(id);
	const char *slash = strchr(id, '/');
	size_t first = slash ? (size_t)(slash - id) : 0;
	int r;

	if (!memchr(id, '.', first) && !memchr(id, ':', first) && !starts_with(id, "localhost/"))
		return refuse_no_registry(id, e);
	r = reference_parse(lower, NULL, &ref, e);
	if (r < 0)
		return err_add(e, "cannot read the feature's name");
	f->kind = FEATURE_OCI;
	f->resource = xasprintf("%s/%s", ref.registry, ref.path);
	f->version = xstrdup(ref.tag ? ref.tag : "");
	f->digest = ref.digest;
	return 0;
}

static int name_old(const char *id, struct feature *f, struct err *e)
{
	const struct old_id *old = find_old(id);
	cleanup_free char *now = NULL;

	if (!old)
		return err_set(e, ERR_USAGE,
			       "there is no feature '%s': one of the project is './%s', others "
			       "have a registry's name",
			       id, id);
	now = xasprintf(OFFICIAL "%s:1", old->now ? old->now : old->id);
	if (old->option)
		json_object_set_new(f->given, old->option, json_true());
	return name_artifact(now, f, e);
}

int feature_name(const char *id, const json_t *options, const char *folder, struct feature *ret,
		 struct err *e)
{
	cleanup_feature struct feature f = {.given = read_options(options), .id = xstrdup(id)};
	int r;

	if (starts_with(id, "./") || starts_with(id, "../") || *id == '/')
		r = name_folder(id, folder, &f, e);
	else if (starts_with(id, "https://"))
		r = name_tarball(id, &f, e);
	else if (strstr(id, "://"))
		r = err_set(e, ERR_USAGE, "the feature '%s': only https is safe enough", id);
	else if (!strchr(id, '/'))
		r = name_old(id, &f, e);
	else
		r = name_artifact(id, &f, e);
	if (r < 0)
		return r;
	*ret = f;
	f = (struct feature){0};
	return 0;
}

/* The part of a registry's resource before its last name. */
static size_t prefix_length(const char *resource)
{
	return (size_t)(path_basename(resource) - resource);
}

bool feature_is(const struct feature *f, const struct feature *other)
{
	size_t n = prefix_length(f->resource);

	if (f->kind != other->kind)
		return false;
	if (streq(f->resource, other->resource))
		return true;
	/* Renamed: the feature's own document has its other names. */
	return f->kind == FEATURE_OCI && n == prefix_length(other->resource) &&
	       strncmp(f->resource, other->resource, n) == 0 &&
	       strv_has(&f->aliases, other->resource + n);
}

static int compare_values(const json_t *a, const json_t *b)
{
	cleanup_free char *left = json_dumps(a, JSON_ENCODE_ANY | JSON_SORT_KEYS);
	cleanup_free char *right = json_dumps(b, JSON_ENCODE_ANY | JSON_SORT_KEYS);

	return strcmp(left ? left : "", right ? right : "");
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sorted_keys(json_t *object, struct strv *out)
{
	for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it))
		strv_push(out, json_object_iter_key(it));
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_text);
}

/* Fewer come first; then by the names, then by the values. */
static int compare_options(json_t *a, json_t *b)
{
	cleanup_strv struct strv left = {0}, right = {0};
	int r = 0;

	sorted_keys(a, &left);
	sorted_keys(b, &right);
	if (left.n != right.n)
		return left.n < right.n ? -1 : 1;
	for (size_t i = 0; r == 0 && i < left.n; i++) {
		r = strcmp(left.v[i], right.v[i]);
		if (r == 0)
			r = compare_values(json_object_get(a, left.v[i]),
					   json_object_get(b, right.v[i]));
	}
	return r;
}

/* "latest" is the newest; else numbers between dots are compared as numbers. */
static int compare_versions(const char *a, const char *b)
{
	bool latest[] = {streq(a, "latest"), streq(b, "latest")};

	return latest[0] || latest[1] ? latest[0] - latest[1] : strverscmp(a, b);
}

int feature_compare(const struct feature *a, const struct feature *b)
{
	bool same = feature_is(a, b) || feature_is(b, a);
	int r = a->kind != b->kind ? strcmp(a->id, b->id) : 0;

	/* Two tags may mean the same. */
	if (r == 0 && same && a->digest.hex[0] && digest_equal(&a->digest, &b->digest) &&
	    compare_options(a->given, b->given) == 0)
		return 0;
	if (r == 0 && !same)
		r = strcmp(a->resource, b->resource);
	if (r == 0)
		r = compare_versions(a->version, b->version);
	if (r == 0)
		r = compare_options(a->given, b->given);
	return r ? r : strcmp(a->digest.hex, b->digest.hex);
}

bool feature_wants_docker(const struct feature *f)
{
	static const char *const names[] = {"docker-in-docker", "docker-outside-of-docker",
					    "docker-from-docker"};
	const char *name = path_basename(f->resource);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (f->kind == FEATURE_TARBALL ? strstr(name, names[i]) != NULL
					       : streq(name, names[i]))
			return true;
	return false;
}
