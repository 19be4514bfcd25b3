/*
 * record.c - the record of a box on disk, and opening a box by its id.
 *
 * Promises to distinguish a missing record (ENOENT) from one that is there but not understood
 * (EUCLEAN) or not readable: such a box keeps its name and its files until somebody removes it.
 */
#include "box/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/kv.h"
#include "base/path.h"
#include "box/folder.h"
#include "box/prepared.h"
#include "box/service_tie.h"
#include "config/settings.h"

#define RECIPE_MAX (64u << 20)

void box_park(struct box *b)
{
	close_fd(&b->dir_fd);
	close_fd(&b->run_fd);
	close_fd(&b->lock_fd);
}

void box_close(struct box *b)
{
	box_park(b);
	free(b->name);
	free(b->project);
	free(b->folder);
	free(b->moved_from);
	free(b->image);
	free(b->why);
	free(b->service);
	free(b->service_of);
	strv_clear(&b->prepared);
	*b = (struct box)BOX_INIT;
}

int record_open_runtime(const struct store *s, struct box *b, struct err *e)
{
	close_fd(&b->run_fd);
	b->run_fd = openat(s->runtime_fd, b->id, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (b->run_fd < 0 && errno != ENOENT)
		return err_sys(e, errno, "cannot open '%s/%s'", s->runtime, b->id);
	return 0;
}

int box_make_runtime(const struct store *s, struct box *b, struct err *e)
{
	if (mkdirat(s->runtime_fd, b->id, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, "cannot make '%s/%s'", s->runtime, b->id);
	return record_open_runtime(s, b, e);
}

/* All keys of a record: any other key is a damaged one, whose value is lost. */
static const char *const known[] = {"name",	"project", "folder",	"image", "digest",
				    "prepared", "created", "temporary", "trial"};

/* Keys after `created` are dispensable if the end is cut off. */
int record_write(const struct box *b, int dirfd, struct err *e)
{
	cleanup_free char *created = xasprintf("%lld", b->created);
	cleanup_kv struct kv kv = {0};

	kv_set(&kv, "name", b->name);
	kv_set(&kv, "project", b->project);
	kv_set(&kv, "folder", b->folder);
	kv_set(&kv, "image", b->image);
	kv_set(&kv, "digest", b->digest.hex[0] ? b->digest.hex : NULL);
	for (size_t i = 0; i < b->prepared.n; i++)
		kv_add(&kv, "prepared", b->prepared.v[i]);
	kv_set(&kv, "created", created);
	kv_set(&kv, "temporary", b->temporary ? "yes" : NULL);
	kv_set(&kv, "trial", b->trial ? "yes" : NULL);
	return b->temporary ? kv_write_first(&kv, dirfd, "record", e)
			    : kv_write(&kv, dirfd, "record", e);
}

static bool says(const struct kv *kv, const char *key)
{
	const char *value = kv_get(kv, key);

	return value && streq(value, "yes");
}

/* 1: the box has it; 0: it has not; -1: unknown. */
static int has(const struct store *s, const char *id, const char *name)
{
	cleanup_free char *path = xasprintf("boxes/%s/%s", id, name);

	if (faccessat(s->data_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

bool record_says_temporary(const struct store *s, const char *id)
{
	cleanup_free char *path = xasprintf("boxes/%s/record", id);
	cleanup_kv struct kv kv = {0};
	struct err ignored;

	if (kv_read(&kv, s->data_fd, path, &ignored) < 0)
		return false;
	if (kv.keys.n)
		return says(&kv, "temporary");
	/*
	 * Emptied by a power cut, which cannot happen to a persistent box. One in memory has
	 * nothing to lose.
	 */
	return has(s, id, RECORD_TEMPORARY) == 1 ||
	       (has(s, id, "upper") == 0 && has(s, id, "home") == 0);
}

/* Opens dir_fd. */
static int open_folder(const struct store *s, struct box *b, struct err *e)
{
	cleanup_free char *path = path_join("boxes", b->id);
	struct stat st;

	b->dir_fd = openat(s->data_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (b->dir_fd < 0 && errno == ENOENT &&
	    fstatat(s->data_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
		return err_set(e, EUCLEAN,
			       "the directory of box '%s' is a symlink that leads nowhere", b->id);
	if (b->dir_fd < 0 && errno == ENOENT)
		return err_set(e, ENOENT, "there is no box '%s'", b->id);
	return b->dir_fd < 0 ? err_sys(e, errno, "cannot open box '%s'", b->id) : 0;
}

static int is_damaged(const char *id, struct err *e)
{
	return err_set(
		e, EUCLEAN,
		"the record of box '%s' is damaged: 'sandbox enter --rebuild' in its "
		"project's directory keeps its home and the files that were changed, 'sandbox "
		"rm %s' removes them",
		id, id);
}

/* Handles the failure r of reading b's record. */
static int no_record(const struct store *s, const struct box *b, int r, struct err *e)
{
	cleanup_free char *path = path_join("boxes", b->id);

	switch (-r) {
	case ENOENT:
		/* It disappears when the box is removed. */
		if (faccessat(s->data_fd, path, F_OK, 0) < 0 && errno == ENOENT)
			return err_set(e, ENOENT, "there is no box '%s'", b->id);
		return is_damaged(b->id, e);
	case EINVAL: /* not a regular file */
	case EFBIG:
		return is_damaged(b->id, e);
	default:
		return err_add(e, "box '%s'", b->id);
	}
}

static bool take_prepared(struct box *b, const struct kv *kv)
{
	for (size_t i = 0; i < kv->keys.n; i++) {
		if (!streq(kv->keys.v[i], "prepared"))
			continue;
		if (!prepared_valid(kv->values.v[i]))
			return false;
		strv_push(&b->prepared, kv->values.v[i]);
	}
	return true;
}

static bool is_known(const char *key)
{
	return is_among(key, known, ARRAY_SIZE(known));
}

/* No line was cut off, and no key was corrupted. */
static bool is_whole(const struct kv *kv)
{
	for (size_t i = 0; i < kv->keys.n; i++)
		if (!is_known(kv->keys.v[i]))
			return false;
	return kv_get(kv, "created") != NULL;
}

static int take_record(struct box *b, const struct kv *kv, struct err *e)
{
	const char *name = kv_get(kv, "name"), *image = kv_get(kv, "image");
	const char *created = kv_get(kv, "created"), *digest = kv_get(kv, "digest");
	const char *folder = kv_get(kv, "folder");

	if (!is_whole(kv) || !name || !box_name_valid(name) || !image ||
	    (folder && !folder_id_valid(folder)) || (digest && !digest_valid_hex(digest)) ||
	    !take_prepared(b, kv))
		return is_damaged(b->id, e);
	b->name = xstrdup(name);
	b->project = xstrdup(kv_get(kv, "project"));
	b->folder = xstrdup(kv_get(kv, "folder"));
	b->image = xstrdup(image);
	if (digest)
		memcpy(b->digest.hex, digest, sizeof(b->digest.hex));
	b->created = strtoll(created, NULL, 10);
	b->temporary = says(kv, "temporary");
	b->trial = says(kv, "trial");
	return 0;
}

int box_recipe(const struct box *b, struct buf *out, struct err *e)
{
	int r = file_read(b->dir_fd, "recipe", RECIPE_MAX, out, e);

	return r == -ENOENT ? 0 : r;
}

static int take_service(struct box *b, struct err *e)
{
	cleanup_service_tie struct service_tie tie = {0};
	int r = service_tie_read(b->dir_fd, &tie, e);

	if (r == 0) {
		b->service = take_ptr(tie.name);
		b->service_of = take_ptr(tie.project);
	}
	return r == -ENOENT ? 0 : r;
}

int box_load(const struct store *s, const char *id, struct box *ret, struct err *e)
{
	cleanup_box struct box b = BOX_INIT;
	cleanup_kv struct kv kv = {0};
	int r;

	memcpy(b.id, id, BOX_ID_LEN + 1);
	r = open_folder(s, &b, e);
	if (r < 0)
		return r;
	r = kv_read_stamped(&kv, b.dir_fd, "record", &b.record, e);
	r = r < 0 ? no_record(s, &b, r, e) : take_record(&b, &kv, e);
	/* No other box is kept without a project. */
	if (r == 0 && !b.project && !b.temporary)
		r = take_service(&b, e);
	if (r == 0)
		r = record_open_runtime(s, &b, e);
	if (r < 0)
		return r;
	*ret = b;
	b = (struct box)BOX_INIT;
	return 0;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? streq(a, b) : !a && !b;
}

static bool is_gone(const char *dir)
{
	return access(dir, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

bool box_project_gone(const struct box *b)
{
	return b->project && is_gone(b->project);
}

bool box_has_moved(struct box *b, const char *dir)
{
	cleanup_free char *id = NULL, *there = NULL;

	if (!b->folder || !b->project || streq(b->project, dir))
		return false;
	id = folder_id(dir);
	if (!id || !streq(id, b->folder))
		return false;
	/*
	 * If it is still there, it is the same directory mounted twice; if it cannot be checked, it
	 * may be.
	 */
	there = folder_id(b->project);
	if (there ? streq(there, id) : !is_gone(b->project))
		return false;
	free(b->moved_from);
	b->moved_from = b->project;
	b->project = xstrdup(dir);
	return true;
}

int record_read_again(const struct store *s, struct box *b, struct err *e)
{
	cleanup_box struct box now = BOX_INIT;
	struct box old;
	int r = b->damaged ? box_load_damaged(s, b->id, &now, e) : box_load(s, b->id, &now, e);

	if (r == -ENOENT)
		return err_set(e, ERR_RETRY, "box '%s' was removed meanwhile", b->name);
	if (r < 0)
		return r;
	if (b->moved_from)
		box_has_moved(&now, b->project);
	/* A damaged one, whose name was unknown, may be readable now. */
	if (!b->damaged && (!is_same(now.name, b->name) || !is_same(now.project, b->project)))
		return err_set(e, ERR_RETRY, "box '%s' was renamed meanwhile", b->name);
	/* Keep the open descriptors: it is the same directory. */
	old = *b;
	*b = now;
	now = old;
	return 0;
}

int box_open(const struct store *s, struct box *b, struct err *e)
{
	int r;

	box_park(b);
	r = open_folder(s, b, e);
	/* Whatever replaced its directory can be removed by its name. */
	if (r < 0 && (!b->damaged || r == -ENOENT || err_is_lack(r)))
		return r;
	return record_open_runtime(s, b, e);
}

int box_load_damaged(const struct store *s, const char *id, struct box *ret, struct err *e)
{
	cleanup_box struct box b = BOX_INIT;
	int r = box_load(s, id, ret, e);

	if (r == 0 || r == -ENOENT || err_is_lack(r))
		return r;
	memcpy(b.id, id, BOX_ID_LEN + 1);
	b.name = xstrdup(id);
	b.image = xstrdup("?");
	b.why = xstrdup(e->msg);
	b.damaged = true;
	r = box_open(s, &b, e);
	if (r < 0)
		return r;
	*ret = b;
	b = (struct box)BOX_INIT;
	return 0;
}
