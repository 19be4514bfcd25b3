/*
 * box.c - the record of a box, its locks and its pid 1.
 *
 * Two locks, both flock(2), both gone with their holder:
 *	the folder itself	held while the box is started or removed (box_lock)
 *	the file `lock`		held by pid 1 as long as it lives (the lifetime lock); says its pid
 * A start that finds the lifetime lock free still waits for the old pid 1's pidfd: a process drops
 * its locks before its mounts.
 */
#include "box/box.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/kv.h"
#include "base/log.h"
#include "base/path.h"
#include "base/proc.h"
#include "config/settings.h"

void box_close(struct box *b)
{
	close_fd(&b->dir_fd);
	close_fd(&b->run_fd);
	close_fd(&b->lock_fd);
	free(b->name);
	free(b->project);
	free(b->image);
	*b = (struct box)BOX_INIT;
}

static int open_dir_at(int dirfd, const char *path, int *ret_fd)
{
	*ret_fd = openat(dirfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? -errno : 0;
}

static int open_run_dir(const struct store *s, struct box *b, struct err *e)
{
	if (mkdirat(s->runtime_fd, b->id, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, "cannot make '%s/%s'", s->runtime, b->id);
	if (open_dir_at(s->runtime_fd, b->id, &b->run_fd) < 0)
		return err_sys(e, errno, "cannot open '%s/%s'", s->runtime, b->id);
	return 0;
}

static int write_record(const struct box *b, int dirfd, const char *path, struct err *e)
{
	cleanup_free char *created = xasprintf("%lld", b->created);
	cleanup_kv struct kv kv = {0};

	kv_set(&kv, "name", b->name);
	kv_set(&kv, "project", b->project);
	kv_set(&kv, "image", b->image);
	kv_set(&kv, "created", created);
	return kv_write(&kv, dirfd, path, e);
}

/* Reserves name, or the first of name-2, name-3 ... that is free, for id. */
static int reserve_name(const struct store *s, const char *name, bool exact, struct box *b,
			struct err *e)
{
	for (int i = 1; i < 1000; i++) {
		char *candidate = i == 1 ? xstrdup(name) : xasprintf("%.58s-%d", name, i);
		int r = store_index_set(s, STORE_NAMES, candidate, b->id, e);

		if (r == 0) {
			b->name = candidate;
			if (i > 1)
				log_note("the name '%s' is taken by another folder: this box is "
					 "'%s'",
					 name, candidate);
			return 0;
		}
		free(candidate);
		if (r != -EEXIST)
			return r;
		if (exact)
			return err_set(e, EEXIST,
				       "a box named '%s' exists already: choose another "
				       "--name, or 'sandbox rm %s' first",
				       name, name);
	}
	return err_set(e, EEXIST, "too many boxes are named '%s': set another name", name);
}

static int make_skeleton(const struct store *s, struct box *b, const char *tmp, struct err *e)
{
	static const char *const dirs[] = {"upper", "work", "home"};
	cleanup_close int dir = -1, lock = -1;

	if (mkdirat(s->data_fd, tmp, 0700) < 0 || open_dir_at(s->data_fd, tmp, &dir) < 0)
		return err_sys(e, errno, "cannot make '%s/%s'", s->data, tmp);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdirat(dir, dirs[i], i == 0 ? 0755 : 0700) < 0)
			return err_sys(e, errno, "cannot make '%s/%s/%s'", s->data, tmp, dirs[i]);
	lock = openat(dir, "lock", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0)
		return err_sys(e, errno, "cannot make '%s/%s/lock'", s->data, tmp);
	return write_record(b, dir, "record", e);
}

/* Undoes what a creation that failed half way has made. */
static void undo_create(const struct store *s, struct box *b, const char *tmp)
{
	struct err ignored;

	if (b->name)
		store_index_clear(s, STORE_NAMES, b->name, b->id);
	file_remove_tree(s->data_fd, tmp, &ignored);
}

static int publish(const struct store *s, struct box *b, const char *tmp, struct err *e)
{
	cleanup_free char *final = path_join("boxes", b->id);
	cleanup_free char *key = b->project ? store_project_key(b->project) : NULL;
	int r;

	if (renameat(s->data_fd, tmp, s->data_fd, final) < 0)
		return err_sys(e, errno, "cannot make '%s/%s'", s->data, final);
	r = key ? store_index_set(s, STORE_PROJECTS, key, b->id, e) : 0;
	if (r < 0) {
		struct err ignored;

		store_remove_box(s, b->id, &ignored);
		return r;
	}
	if (open_dir_at(s->data_fd, final, &b->dir_fd) < 0)
		return err_sys(e, errno, "cannot open '%s/%s'", s->data, final);
	return open_run_dir(s, b, e);
}

int box_create(const struct store *s, const char *name, const char *project, const char *image,
	       struct box *ret, struct err *e)
{
	cleanup_box struct box b = BOX_INIT;
	cleanup_free char *tmp = NULL;
	int r;

	store_new_id(b.id);
	b.project = xstrdup(project);
	b.image = xstrdup(image);
	b.created = time(NULL);
	tmp = path_join("tmp", b.id);
	r = reserve_name(s, name, false, &b, e);
	if (r == 0)
		r = make_skeleton(s, &b, tmp, e);
	if (r == 0)
		r = publish(s, &b, tmp, e);
	if (r < 0) {
		undo_create(s, &b, tmp);
		return r;
	}
	*ret = b;
	b = (struct box)BOX_INIT;
	return 0;
}

/* A name whose box is no more (its client was killed) is free. */
static void drop_stale_name(const struct store *s, const char *name)
{
	char id[BOX_ID_LEN + 1];
	cleanup_free char *box = NULL;

	if (store_lookup(s, STORE_NAMES, name, id) < 0)
		return;
	box = path_join("boxes", id);
	store_sweep(s, false);
	if (faccessat(s->data_fd, box, F_OK, 0) < 0 && faccessat(s->runtime_fd, id, F_OK, 0) < 0)
		store_index_clear(s, STORE_NAMES, name, id);
}

int box_create_temporary(const struct store *s, const char *name, const char *image,
			 struct box *ret, struct err *e)
{
	cleanup_box struct box b = BOX_INIT;
	int r = 0;

	store_new_id(b.id);
	b.temporary = true;
	b.image = xstrdup(image);
	b.created = time(NULL);
	r = open_run_dir(s, &b, e);
	if (r < 0)
		return r;
	if (open_dir_at(s->runtime_fd, b.id, &b.dir_fd) < 0)
		return err_sys(e, errno, "cannot open '%s/%s'", s->runtime, b.id);
	if (name) {
		drop_stale_name(s, name);
		r = reserve_name(s, name, true, &b, e);
	} else {
		b.name = xstrdup(b.id);
	}
	if (r == 0)
		r = box_take_lifetime(&b, &b.lock_fd, e);
	if (r < 0) {
		struct err ignored;

		box_remove(s, &b, &ignored);
		return r;
	}
	*ret = b;
	b = (struct box)BOX_INIT;
	return 0;
}

int box_load(const struct store *s, const char *id, struct box *ret, struct err *e)
{
	cleanup_box struct box b = BOX_INIT;
	cleanup_kv struct kv kv = {0};
	cleanup_free char *path = path_join("boxes", id);
	int r;

	memcpy(b.id, id, BOX_ID_LEN + 1);
	if (open_dir_at(s->data_fd, path, &b.dir_fd) < 0) {
		if (open_dir_at(s->runtime_fd, id, &b.dir_fd) < 0)
			return err_set(e, ENOENT, "there is no box '%s'", id);
		b.temporary = true;
	}
	r = kv_read(&kv, b.dir_fd, "record", e);
	if (r == 0 && !kv_get(&kv, "name"))
		r = err_set(e, ENOENT,
			    "the record of box '%s' is damaged: 'sandbox rm %s' removes it", id,
			    id);
	if (r == 0)
		r = open_run_dir(s, &b, e);
	if (r < 0)
		return r;
	b.name = xstrdup(kv_get(&kv, "name"));
	b.project = xstrdup(kv_get(&kv, "project"));
	b.image = xstrdup(kv_get(&kv, "image"));
	b.created = kv_get(&kv, "created") ? strtoll(kv_get(&kv, "created"), NULL, 10) : 0;
	*ret = b;
	b = (struct box)BOX_INIT;
	return 0;
}

int box_find_project(const struct store *s, const char *dir, struct box *ret, struct err *e)
{
	cleanup_free char *key = store_project_key(dir);
	cleanup_box struct box b = BOX_INIT;
	char id[BOX_ID_LEN + 1];
	int r = store_lookup(s, STORE_PROJECTS, key, id);

	if (r == 0)
		r = box_load(s, id, &b, e);
	if (r == -ENOENT || (r == 0 && (!b.project || !streq(b.project, dir))))
		return err_set(e, ENOENT, "folder '%s' has no box yet: 'sandbox enter' makes it",
			       dir);
	if (r < 0)
		return r;
	*ret = b;
	b = (struct box)BOX_INIT;
	return 0;
}

static int no_such_box(const struct store *s, const char *arg, struct err *e)
{
	cleanup_closedir DIR *d = NULL;
	cleanup_strv struct strv names = {0};
	const char *near = NULL;
	struct dirent *de;
	int fd = openat(s->data_fd, STORE_NAMES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && (d = fdopendir(fd)))
		while ((de = readdir(d)))
			if (de->d_name[0] != '.')
				strv_push(&names, de->d_name);
	if (names.n)
		near = nearest_word(arg, (const char *const *)names.v);
	if (near)
		return err_set(e, ENOENT, "there is no box named '%s', did you mean '%s'?", arg,
			       near);
	return err_set(e, ENOENT,
		       "there is no box named '%s': a folder is written with a slash "
		       "('./%s'), 'sandbox ls' lists the boxes",
		       arg, arg);
}

int box_find(const struct store *s, const char *arg, struct box *ret, struct err *e)
{
	char id[BOX_ID_LEN + 1];

	if (strchr(arg, '/') || streq(arg, ".") || streq(arg, "..")) {
		cleanup_free char *dir = realpath(arg, NULL);

		if (!dir)
			return err_sys(e, errno, "cannot find folder '%s'", arg);
		return box_find_project(s, dir, ret, e);
	}
	if (box_name_valid(arg) && store_lookup(s, STORE_NAMES, arg, id) == 0)
		return box_load(s, id, ret, e) < 0 ? no_such_box(s, arg, e) : 0;
	if (store_valid_id(arg) && box_load(s, arg, ret, e) == 0)
		return 0;
	return no_such_box(s, arg, e);
}

int box_lock(const struct store *s, struct box *b, struct err *e)
{
	cleanup_free char *path = path_join(b->temporary ? "." : "boxes", b->id);
	cleanup_close int fd = openat(b->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat held, there;
	int r;

	if (fd < 0)
		return err_set(e, ENOENT, "box '%s' was removed meanwhile", b->name);
	r = file_lock(fd, path, e);
	if (r < 0)
		return r;
	if (fstat(fd, &held) < 0 ||
	    fstatat(b->temporary ? s->runtime_fd : s->data_fd, path, &there, 0) < 0 ||
	    held.st_ino != there.st_ino)
		return err_set(e, ENOENT, "box '%s' was removed meanwhile", b->name);
	b->lock_fd = take_fd(&fd);
	return 0;
}

void box_unlock(struct box *b)
{
	close_fd(&b->lock_fd);
}

bool box_is_running(const struct box *b)
{
	cleanup_close int fd = openat(b->dir_fd, "lock", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0;
}

int box_take_lifetime(const struct box *b, int *ret_fd, struct err *e)
{
	cleanup_close int fd = openat(b->dir_fd, "lock", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return err_sys(e, errno, "cannot open the lock of box '%s'", b->name);
	/* No pid 1 lives: whoever else holds it is only looking (box_is_running) and lets go. */
	if ((r = file_lock(fd, "lock", e)) < 0)
		return r;
	*ret_fd = take_fd(&fd);
	return 0;
}

int box_record_start(const struct box *b, int lifetime, pid_t pid, struct err *e)
{
	char text[48];
	int n = snprintf(text, sizeof(text), "%d %llu\n", pid, proc_start_time(pid));

	if (ftruncate(lifetime, 0) < 0 || pwrite(lifetime, text, (size_t)n, 0) != n)
		return err_sys(e, errno, "cannot record the process of box '%s'", b->name);
	return b->temporary ? write_record(b, b->dir_fd, "record", e) : 0;
}

/* The recorded pid 1, if that very process still lives. */
pid_t box_pid(const struct box *b)
{
	cleanup_buf struct buf text = BUF_INIT;
	unsigned long long start;
	struct err ignored;
	int pid;

	if (file_read(b->dir_fd, "lock", 64, &text, &ignored) < 0 ||
	    sscanf(text.data, "%d %llu", &pid, &start) != 2 || pid <= 0)
		return 0;
	return proc_start_time(pid) == start ? pid : 0;
}

bool box_wait_gone(const struct box *b, int timeout_ms)
{
	pid_t pid = box_pid(b);
	cleanup_close int pidfd = pid ? proc_pidfd(pid) : -1;

	/* Between the check and pidfd_open() the pid may have been given anew: check again. */
	if (pidfd < 0 || box_pid(b) != pid)
		return true;
	return proc_wait_pidfd(pidfd, timeout_ms);
}

int box_remove(const struct store *s, struct box *b, struct err *e)
{
	cleanup_free char *key = b->project ? store_project_key(b->project) : NULL;

	if (key)
		store_index_clear(s, STORE_PROJECTS, key, b->id);
	if (b->name)
		store_index_clear(s, STORE_NAMES, b->name, b->id);
	return store_remove_box(s, b->id, e);
}
