/*
 * plan.c - reading and writing plans/<manifest>.
 *
 * Promises that the layers of a plan that was read exist. gc removes a plan before its layers, so
 * for this store only one is checked, in case somebody emptied the directory; in a second store
 * each is checked, because it changes independently. Refuses layer names that are not chain-ids, so
 * that the file leads nowhere else.
 */
#include "image/store/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/kv.h"
#include "image/store/layer_stack.h"

#define PLAN_VERSION "1"

void image_plan_clear(struct image_plan *p)
{
	strv_clear(&p->layers);
	strv_clear(&p->env);
	strv_clear(&p->entrypoint);
	strv_clear(&p->cmd);
	strv_clear(&p->volumes);
	strv_clear(&p->health);
	strv_clear(&p->health_times);
	strv_clear(&p->bare);
	strv_clear(&p->only);
	strv_clear(&p->has);
	free(p->workdir);
	free(p->stop_signal);
	free(p->user);
	free(p->home);
	free(p->no_user);
	*p = (struct image_plan){0};
}

/* The keys with lists and texts; one table for reading and writing. */
struct plan_field {
	const char *key;
	size_t offset;
};
static const struct plan_field lists[] = {
	{"layer", offsetof(struct image_plan, layers)},
	{"env", offsetof(struct image_plan, env)},
	{"entrypoint", offsetof(struct image_plan, entrypoint)},
	{"cmd", offsetof(struct image_plan, cmd)},
	{"volume", offsetof(struct image_plan, volumes)},
	{"health", offsetof(struct image_plan, health)},
	{"health-time", offsetof(struct image_plan, health_times)},
	{"bare", offsetof(struct image_plan, bare)},
	{"only", offsetof(struct image_plan, only)},
	{"has", offsetof(struct image_plan, has)},
};
static const struct plan_field texts[] = {
	{"workdir", offsetof(struct image_plan, workdir)},
	{"stop-signal", offsetof(struct image_plan, stop_signal)},
	{"user", offsetof(struct image_plan, user)},
	{"home", offsetof(struct image_plan, home)},
	{"no-user", offsetof(struct image_plan, no_user)},
};

static void *member(const struct image_plan *p, const struct plan_field *f)
{
	return (char *)p + f->offset;
}

static void read_field(struct image_plan *p, const char *key, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (streq(key, lists[i].key))
			strv_push(member(p, &lists[i]), value);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char **text = member(p, &texts[i]);

		if (streq(key, texts[i].key) && !*text)
			*text = xstrdup(value);
	}
	if (streq(key, "uid")) {
		p->uid = (uid_t)strtoul(value, NULL, 10);
		p->has_user = true;
	} else if (streq(key, "gid")) {
		p->gid = (gid_t)strtoul(value, NULL, 10);
	}
}

/* "layers/<chain>", or an absolute path: a layer of a second store. */
static bool layer_name_ok(const char *name)
{
	return name[0] == '/' ||
	       (starts_with(name, "layers/") && digest_valid_hex(name + strlen("layers/")));
}

static bool layers_are_there(int datafd, const struct image_plan *p)
{
	for (size_t i = 0; i < p->layers.n; i++)
		if ((i == 0 || p->layers.v[i][0] == '/') &&
		    faccessat(datafd, p->layers.v[i], F_OK, 0) < 0)
			return false;
	return true;
}

bool image_plan_is_whole(int datafd, const struct image_plan *p)
{
	for (size_t i = 0; i < p->layers.n; i++)
		if (faccessat(datafd, p->layers.v[i], F_OK, 0) < 0)
			return false;
	return true;
}

bool image_plan_exists(int datafd, const struct digest *manifest)
{
	cleanup_free char *path = xasprintf("plans/%s", manifest->hex);

	return faccessat(datafd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool same_list(const struct strv *a, const struct strv *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = streq(a->v[i], b->v[i]);
	return same;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? streq(a, b) : a == b;
}

/*
 * What plans of older versions do not have. A start determines it itself; but not the check of its
 * health, which such an image does not have until it is pulled again.
 */
static bool is_said_by_newer(const char *key)
{
	return starts_with(key, "health") || streq(key, "bare") || streq(key, "only") ||
	       streq(key, "has");
}

void image_plan_note_whole(int datafd, const struct digest *manifest)
{
	const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = SEEN_WHOLE}};
	cleanup_free char *path = xasprintf("plans/%s", manifest->hex);

	/* Without the mark it is compared again. */
	(void)!utimensat(datafd, path, times, AT_SYMLINK_NOFOLLOW);
}

bool image_plan_is_untouched(int datafd, const struct digest *manifest)
{
	cleanup_free char *path = xasprintf("plans/%s", manifest->hex);
	struct stat st;

	return fstatat(datafd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       st.st_mtim.tv_sec == SEEN_WHOLE;
}

const char *image_plan_difference(const struct image_plan *a, const struct image_plan *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (!is_said_by_newer(lists[i].key) &&
		    !same_list(member(a, &lists[i]), member(b, &lists[i])))
			return lists[i].key;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!same_text(*(char **)member(a, &texts[i]), *(char **)member(b, &texts[i])))
			return texts[i].key;
	if (a->has_user != b->has_user || a->uid != b->uid || a->gid != b->gid)
		return "user";
	return NULL;
}

/* Of this version, with valid names of layers. */
static bool is_plan(const struct kv *kv, const struct image_plan *p)
{
	const char *version = kv_get(kv, "version");

	for (size_t i = 0; i < p->layers.n; i++)
		if (!layer_name_ok(p->layers.v[i]))
			return false;
	return version && streq(version, PLAN_VERSION) && p->layers.n > 0;
}

int image_plan_layers(int datafd, const struct digest *manifest, struct strv *ret, struct err *e)
{
	cleanup_kv struct kv kv = {0};
	cleanup_free char *path = xasprintf("plans/%s", manifest->hex);
	cleanup_image_plan struct image_plan p = {0};
	int r = kv_read(&kv, datafd, path, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < kv.keys.n; i++)
		read_field(&p, kv.keys.v[i], kv.values.v[i]);
	if (!is_plan(&kv, &p))
		return err_set(e, EBADMSG, "the plan '%s' is damaged", path);
	for (size_t i = 0; i < p.layers.n; i++)
		strv_push(ret, p.layers.v[i]);
	return 0;
}

int image_plan_read(int datafd, const struct digest *manifest, struct image_plan *ret,
		    struct err *e)
{
	cleanup_kv struct kv kv = {0};
	cleanup_free char *path = xasprintf("plans/%s", manifest->hex);
	struct image_plan p = {0};
	int r = kv_read(&kv, datafd, path, e);

	/* Not a regular file, or far too long: not one of ours. */
	if (r == -EINVAL || r == -EFBIG)
		return err_set(e, ENOENT, "the image's plan is damaged");
	if (r < 0)
		return r;
	for (size_t i = 0; i < kv.keys.n; i++)
		read_field(&p, kv.keys.v[i], kv.values.v[i]);
	if (!is_plan(&kv, &p) || !layers_are_there(datafd, &p)) {
		image_plan_clear(&p);
		return err_set(e, ENOENT, "the image's layers are not prepared");
	}
	*ret = p;
	return 0;
}

int image_plan_write(int datafd, const struct digest *manifest, const struct image_plan *p,
		     struct err *e)
{
	cleanup_kv struct kv kv = {0};
	cleanup_free char *path = xasprintf("plans/%s", manifest->hex);
	cleanup_free char *uid = xasprintf("%u", p->uid), *gid = xasprintf("%u", p->gid);
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct strv *list = member(p, &lists[i]);

		for (size_t j = 0; j < list->n; j++)
			kv_add(&kv, lists[i].key, list->v[j]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		kv_set(&kv, texts[i].key, *(char **)member(p, &texts[i]));
	if (p->has_user) {
		kv_set(&kv, "uid", uid);
		kv_set(&kv, "gid", gid);
	}
	/* Last: a truncated file has none. */
	kv_set(&kv, "version", PLAN_VERSION);
	r = kv_write(&kv, datafd, path, e);
	return r == -E2BIG
		       ? err_set(e, E2BIG,
				 "the image's Env, Cmd and Volumes are larger than a process can "
				 "be given")
		       : r;
}
