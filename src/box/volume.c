/*
 * volume.c - the volumes of projects.
 *
 * A new one is built in tmp/ and renamed, so it is complete under its name. It has the file `new`
 * until it was filled from the image: whoever is killed meanwhile leaves that, and the next start
 * fills it again.
 */
#include "box/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/kv.h"
#include "base/new_file.h"
#include "base/path.h"
#include "base/usage.h"
#include "box/lifecycle.h"
#include "box/service_tie.h"

#define VOLUMES "volumes"
#define FILLING VOLUMES "/filling" /* one start at a time fills volumes */
#define USES	"volumes"	   /* in the directory of a project's box */

void volume_clear(struct volume *v)
{
	free(v->id);
	free(v->name);
	free(v->mark);
	free(v->project);
	free(v->label);
	free(v->service);
	free(v->target);
	free(v->user);
	*v = (struct volume){0};
}

void volume_list_clear(struct volume_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		volume_clear(&l->v[i]);
	free(l->v);
	*l = (struct volume_list){0};
}

int volume_lock(const struct store *s, int *ret_fd, struct err *e)
{
	cleanup_close int fd = -1;
	int r;

	if (mkdirat(s->data_fd, VOLUMES, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, "cannot make '%s/" VOLUMES "'", s->data);
	fd = openat(s->data_fd, VOLUMES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "cannot open '%s/" VOLUMES "'", s->data);
	r = file_lock(fd, VOLUMES, e);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

/* -ENOENT: it was removed meanwhile. */
static int load(const struct store *s, const char *id, struct volume *ret, struct err *e)
{
	cleanup_free char *path = xasprintf(VOLUMES "/%s/record", id);
	cleanup_kv struct kv kv = {0};
	const char *created;
	int r = kv_read(&kv, s->data_fd, path, e);

	if (r < 0)
		return r;
	created = kv_get(&kv, "created");
	if (!kv_get(&kv, "name") || !kv_get(&kv, "mark") || !created)
		return err_set(e, EUCLEAN,
			       "the record of volume '%s' is damaged: '%s/" VOLUMES
			       "/%s/data' has its files",
			       id, s->data, id);
	*ret = (struct volume){.id = xstrdup(id),
			       .name = xstrdup(kv_get(&kv, "name")),
			       .mark = xstrdup(kv_get(&kv, "mark")),
			       .project = xstrdup(kv_get(&kv, "project")),
			       .label = xstrdup(kv_get(&kv, "label")),
			       .service = xstrdup(kv_get(&kv, "service")),
			       .target = xstrdup(kv_get(&kv, "target")),
			       .created = strtoll(created, NULL, 10)};
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct volume *)a)->name, ((const struct volume *)b)->name);
}

/* Without users. */
static int load_all(const struct store *s, struct volume_list *ret, struct err *e)
{
	cleanup_volume_list struct volume_list list = {0};
	cleanup_strv struct strv ids = {0};
	int r = dir_names(s->data_fd, VOLUMES, &ids, e);

	if (r < 0 && r != -ENOENT)
		return r;
	list.v = xcalloc(ids.n + 1, sizeof(*list.v));
	for (size_t i = 0; i < ids.n; i++) {
		if (!store_valid_id(ids.v[i]))
			continue;
		r = load(s, ids.v[i], &list.v[list.n], e);
		if (r < 0 && r != -ENOENT)
			return r;
		list.n += r == 0;
	}
	qsort(list.v, list.n, sizeof(*list.v), by_name);
	*ret = list;
	list = (struct volume_list){0};
	return 0;
}

static void note_user(struct volume_list *list, const struct box *b, const struct strv *ids)
{
	for (size_t i = 0; i < list->n; i++) {
		struct volume *v = &list->v[i];

		if (v->user || !strv_has(ids, v->id))
			continue;
		v->user = xstrdup(b->name);
		v->by_service = b->service || b->damaged;
	}
}

int volume_set_uses(int box_dirfd, const struct strv *ids, struct err *e)
{
	cleanup_kv struct kv kv = {0};

	for (size_t i = 0; i < ids->n; i++)
		kv_add(&kv, "volume", ids->v[i]);
	return kv_write(&kv, box_dirfd, USES, e);
}

/* Those of a service's box, or of a project's box that runs. */
static int read_uses(const struct box *b, struct strv *out, struct err *e)
{
	cleanup_service_tie struct service_tie tie = {0};
	cleanup_kv struct kv kv = {0};
	int r = 0;

	/* One without a tie that can be read may have any: nothing is removed then. */
	if (b->service || b->damaged)
		r = service_tie_read(b->dir_fd, &tie, e);
	else if (box_is_running(b))
		r = kv_read(&kv, b->dir_fd, USES, e);
	for (size_t i = 0; r == 0 && i < tie.volumes.n; i++)
		strv_push(out, tie.volumes.v[i]);
	for (size_t i = 0; r == 0 && i < kv.keys.n; i++)
		strv_push(out, kv.values.v[i]);
	return r == -ENOENT ? 0 : r;
}

int volume_list(const struct store *s, struct volume_list *ret, struct err *e)
{
	cleanup_volume_list struct volume_list list = {0};
	cleanup_box_list struct box_list boxes = {0};
	int r = load_all(s, &list, e);

	if (r == 0)
		r = box_list_load(s, &boxes, e);
	for (size_t i = 0; r >= 0 && i < boxes.n; i++) {
		cleanup_strv struct strv ids = {0};

		r = box_list_open(s, &boxes, i, e);
		if (r > 0 && boxes.v[i].dir_fd >= 0)
			r = read_uses(&boxes.v[i], &ids, e);
		note_user(&list, &boxes.v[i], &ids);
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct volume_list){0};
	return 0;
}

static bool same(const char *a, const char *b)
{
	return a && b ? streq(a, b) : !a && !b;
}

static const struct volume *find(const struct volume_list *list, const struct volume *want)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct volume *v = &list->v[i];

		if (streq(v->mark, want->mark) && same(v->label, want->label) &&
		    (v->label ||
		     (same(v->service, want->service) && same(v->target, want->target))))
			return v;
	}
	return NULL;
}

static bool is_taken(const struct volume_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (streq(list->v[i].name, name))
			return true;
	return false;
}

static char *free_name(const struct volume_list *list, const struct volume *want, const char *base,
		       const char *id)
{
	char *name = want->label ? xasprintf("%s.%s", base, want->label) : xstrdup(id);

	for (int i = 2; is_taken(list, name); i++) {
		free(name);
		name = xasprintf("%s-%d.%s", base, i, want->label ? want->label : id);
	}
	return name;
}

static int write_record(const struct volume *v, const char *name, int dir, struct err *e)
{
	cleanup_free char *created = xasprintf("%lld", (long long)time(NULL));
	cleanup_kv struct kv kv = {0};

	kv_set(&kv, "name", name);
	kv_set(&kv, "mark", v->mark);
	kv_set(&kv, "project", v->project);
	kv_set(&kv, "label", v->label);
	kv_set(&kv, "service", v->label ? NULL : v->service);
	kv_set(&kv, "target", v->label ? NULL : v->target);
	kv_set(&kv, "created", created);
	return kv_write(&kv, dir, "record", e);
}

int volume_make(const struct store *s, const struct volume *want, const char *base, char **ret_id,
		struct err *e)
{
	cleanup_volume_list struct volume_list list = {0};
	cleanup_free char *tmp = NULL, *final = NULL, *name = NULL;
	cleanup_close int dir = -1;
	const struct volume *old;
	char id[BOX_ID_LEN + 1];
	int r = load_all(s, &list, e);

	if (r < 0)
		return r;
	old = find(&list, want);
	if (old) {
		*ret_id = xstrdup(old->id);
		return 0;
	}
	store_new_id(id);
	name = free_name(&list, want, base, id);
	final = path_join(VOLUMES, id);
	r = store_make_tmp(s, "volume", 0700, &tmp, &dir, e);
	if (r == 0 && mkdirat(dir, "data", 0755) < 0)
		r = err_sys(e, errno, "cannot make a volume");
	if (r == 0)
		r = file_write_atomic(dir, "new", "", 0, 0600, e);
	if (r == 0)
		r = write_record(want, name, dir, e);
	if (r == 0 && renameat(s->data_fd, tmp, s->data_fd, final) < 0)
		r = err_sys(e, errno, "cannot make '%s/%s'", s->data, final);
	if (r == 0)
		r = sync_dir(s->data_fd, VOLUMES, e);
	if (r == 0)
		*ret_id = xstrdup(id);
	return r < 0 ? err_add(e, "volume '%s'", name) : 0;
}

char *volume_data(const struct store *s, const char *id)
{
	return xasprintf("%s/" VOLUMES "/%s/data", s->data, id);
}

static int empty_again(const struct store *s, const char *id, int dir, struct err *e)
{
	cleanup_free char *data = xasprintf(VOLUMES "/%s/data", id);
	int r = store_discard(s, data, e);

	if (r == 0 && mkdirat(dir, "data", 0755) < 0)
		r = err_sys(e, errno, "cannot make '%s/%s'", s->data, data);
	return r;
}

int volume_begin(const struct store *s, const char *id, int *lock, char **ret_mark, struct err *e)
{
	cleanup_free char *path = path_join(VOLUMES, id), *mark = path_join(path, "new");
	cleanup_close int dir = -1;
	int r = 0;

	if (faccessat(s->data_fd, mark, F_OK, 0) < 0 && errno == ENOENT)
		return 0;
	if (*lock < 0) {
		*lock = openat(s->data_fd, FILLING, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
			       0600);
		r = *lock < 0 ? err_sys(e, errno, "cannot open '%s/" FILLING "'", s->data)
			      : file_lock(*lock, FILLING, e);
	}
	dir = openat(s->data_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r == 0 && dir < 0)
		r = err_sys(e, errno, "cannot open '%s/%s'", s->data, path);
	/* Another service may have filled it while we waited. */
	if (r < 0 || faccessat(dir, "new", F_OK, 0) < 0)
		return r;
	r = empty_again(s, id, dir, e);
	if (r < 0)
		return r;
	*ret_mark = path_join(s->data, mark);
	return 1;
}

int volume_remove(const struct store *s, const char *id, struct err *e)
{
	cleanup_free char *path = path_join(VOLUMES, id);

	return store_discard(s, path, e);
}

int volume_usage(const struct store *s, const char *id, unsigned long long *ret, struct err *e)
{
	cleanup_free char *path = xasprintf(VOLUMES "/%s/data", id);
	uint64_t bytes = 0;
	bool whole;
	int r = usage_of_tree(s->data_fd, path, &bytes, &whole, e);

	if (r == 0)
		*ret = bytes;
	return r;
}
