/*
 * copy_ahead.c - a list of directories to do, taken by threads from its front.
 *
 * Promises the walk what it would have found by itself: a thread that fails leaves the directory to
 * it, with its error. What waits for the walk is limited in directories, each with a descriptor,
 * and in files.
 */
#include "build/copy_ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/mem.h"

#define THREADS_MAX   3
#define THREADS_AFTER 1000 /* files */
#define WAITING_DIRS  64
#define WAITING_FILES 100000

enum { TO_DO, BEGUN, LISTED, ENTERED };

struct ahead {
	const struct ahead_tree *tree;
	pthread_mutex_t lock; /* of all below, and of the state of directories */
	pthread_cond_t changed;
	struct ahead_dir *first; /* to do */
	struct ahead_dir *top;
	size_t waiting_dirs, waiting_files; /* listed, and not entered */
	size_t files;			    /* that the walk has seen */
	bool stopped;
	pthread_t threads[THREADS_MAX];
	size_t n_threads;
	bool tried; /* to start them */
};

static struct ahead_dir *new_dir(struct ahead_dir *up, const char *name, const char *real)
{
	struct ahead_dir *d = xcalloc(1, sizeof(*d));

	d->up = up;
	d->name = name;
	d->real = xstrdup(real);
	d->fd = -1;
	return d;
}

static void put_first(struct ahead *a, struct ahead_dir *d)
{
	d->before = NULL;
	d->after = a->first;
	if (a->first)
		a->first->before = d;
	a->first = d;
}

static void take_out(struct ahead *a, struct ahead_dir *d)
{
	if (d->before)
		d->before->after = d->after;
	else
		a->first = d->after;
	if (d->after)
		d->after->before = d->before;
	d->before = d->after = NULL;
}

static void forget(struct ahead_dir *d)
{
	free(d->v);
	free(d->names);
	d->v = NULL;
	d->names = NULL;
	d->n = 0;
	close_fd(&d->fd);
}

/* With all below that the walk has not left. */
static void free_dir(struct ahead_dir *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].dir)
			free_dir(d->v[i].dir);
	forget(d);
	free(d->real);
	free(d);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct ahead_entry *)a)->name, ((const struct ahead_entry *)b)->name);
}

static int read_names(struct ahead_dir *d, struct dir *dir, struct err *e)
{
	cleanup_buf struct buf names = BUF_INIT;
	size_t n = 0;
	int r;

	while ((r = dir_next(dir, e)) > 0) {
		buf_add(&names, dir->name, strlen(dir->name) + 1);
		n++;
	}
	if (r < 0 || !n)
		return r;
	d->names = buf_detach(&names);
	d->v = xcalloc(n, sizeof(*d->v));
	for (const char *name = d->names; d->n < n; name += strlen(name) + 1)
		d->v[d->n++].name = name;
	return 0;
}

static void look(struct ahead_dir *d, const struct ahead *a)
{
	cleanup_buf struct buf real = BUF_INIT;
	size_t top;

	buf_addstr(&real, d->real);
	if (real.len)
		buf_addch(&real, '/');
	top = real.len;
	for (size_t i = 0; i < d->n; i++) {
		struct ahead_entry *entry = &d->v[i];

		if (fstatat(d->fd, entry->name, &entry->st, AT_SYMLINK_NOFOLLOW) < 0) {
			entry->errnum = errno;
			continue;
		}
		if (!S_ISDIR(entry->st.st_mode))
			continue;
		real.len = top;
		buf_addstr(&real, entry->name);
		if (a->tree->enters(a->tree->ctx, real.data))
			entry->dir = new_dir(d, entry->name, real.data);
	}
}

/* Without the lock. On failure the directory is as before. */
static int list(const struct ahead *a, struct ahead_dir *d, struct err *e)
{
	cleanup_dir struct dir dir = {0};
	int r;

	d->fd = openat(d->up ? d->up->fd : d->parent_fd, d->name,
		       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (d->fd < 0)
		return err_sys(e, errno, "cannot open '%s' in %s", d->real, a->tree->name);
	r = dir_open(&dir, d->fd, ".", e);
	if (r == 0)
		r = read_names(d, &dir, e);
	if (r < 0) {
		forget(d);
		return r;
	}
	if (d->n)
		qsort(d->v, d->n, sizeof(*d->v), by_name);
	look(d, a);
	return 0;
}

/* With the lock, which is free meanwhile. */
static int list_unlocked(struct ahead *a, struct ahead_dir *d, struct err *e)
{
	int r;

	take_out(a, d);
	d->state = BEGUN;
	pthread_mutex_unlock(&a->lock);
	r = list(a, d, e);
	pthread_mutex_lock(&a->lock);
	d->state = LISTED;
	a->waiting_dirs++;
	a->waiting_files += d->n;
	for (size_t i = d->n; i-- > 0;)
		if (d->v[i].dir)
			put_first(a, d->v[i].dir);
	pthread_cond_broadcast(&a->changed);
	return r;
}

static bool has_room(const struct ahead *a)
{
	return a->waiting_dirs < WAITING_DIRS && a->waiting_files < WAITING_FILES;
}

/* A directory that cannot be listed stays without a descriptor, and the walk tries again. */
static void *work(void *of)
{
	struct ahead *a = of;
	struct err ignored;

	pthread_mutex_lock(&a->lock);
	while (!a->stopped) {
		if (a->first && has_room(a))
			list_unlocked(a, a->first, &ignored);
		else
			pthread_cond_wait(&a->changed, &a->lock);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* Signals are for the walk's thread. With fewer threads, or none, it takes longer. */
static void start_threads(struct ahead *a)
{
	sigset_t all, old;
	cpu_set_t cpus;
	int n = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) - 1 : 0;

	a->tried = true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (a->n_threads < THREADS_MAX && (int)a->n_threads < n &&
	       pthread_create(&a->threads[a->n_threads], NULL, work, a) == 0)
		a->n_threads++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

struct ahead *ahead_new(const struct ahead_tree *tree, int parent_fd, const char *name,
			const char *real, struct ahead_dir **ret_top)
{
	struct ahead *a = xcalloc(1, sizeof(*a));

	a->tree = tree;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
	a->top = new_dir(NULL, name, real);
	a->top->parent_fd = parent_fd;
	put_first(a, a->top);
	*ret_top = a->top;
	return a;
}

/* Instead of waiting, the walk does what is next. */
static int list_or_wait(struct ahead *a, struct ahead_dir *d, struct err *e)
{
	struct err ignored;

	if (d->state == TO_DO)
		return list_unlocked(a, d, e);
	while (d->state == BEGUN) {
		if (a->first && has_room(a))
			list_unlocked(a, a->first, &ignored);
		else
			pthread_cond_wait(&a->changed, &a->lock);
	}
	return 0;
}

int ahead_enter(struct ahead *a, struct ahead_dir *d, struct err *e)
{
	int r;

	pthread_mutex_lock(&a->lock);
	r = list_or_wait(a, d, e);
	if (r == 0 && d->fd < 0) { /* a thread has failed */
		a->waiting_dirs--;
		put_first(a, d);
		r = list_unlocked(a, d, e);
	}
	a->waiting_dirs--;
	a->waiting_files -= d->n;
	d->state = ENTERED;
	a->files += d->n;
	if (!a->tried && a->files >= THREADS_AFTER)
		start_threads(a);
	else
		pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->lock);
	return r;
}

void ahead_leave(struct ahead_dir **d)
{
	free_dir(*d);
	*d = NULL;
}

void ahead_free(struct ahead *a)
{
	pthread_mutex_lock(&a->lock);
	a->stopped = true;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->lock);
	for (size_t i = 0; i < a->n_threads; i++)
		pthread_join(a->threads[i], NULL);
	free_dir(a->top);
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->lock);
	free(a);
}
