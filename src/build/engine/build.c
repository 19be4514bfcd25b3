/*
 * build.c - the store and the settings of a build.
 *
 * Of the user's settings only those act that bind everything: a build is no part of a project.
 */
#include "build/engine/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "build/copy.h"
#include "build/engine/build_cache.h"

static int load_settings(const char *network, struct settings *ret, struct err *e)
{
	struct settings_request req = {0};
	int r;

	strv_push_take(&req.overrides, xasprintf("network=%s", network));
	strv_push(&req.overrides, "sudo=no");
	r = settings_load(&req, ret, e);
	strv_clear(&req.overrides);
	return r;
}

/* A policy may deny the network to all that the user runs. */
static int prepare_settings(struct build *b, struct err *e)
{
	int r = load_settings("none", &b->closed, e);

	if (r < 0)
		return r;
	b->network_denied = xstrdup(b->closed.network_denied);
	return load_settings(b->network_denied ? "none" : "gateway", &b->open, e);
}

int build_open(struct build *b, struct err *e)
{
	int r = store_open(&b->store, e);

	b->progress = mmap(NULL, sizeof(*b->progress), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r == 0 && b->progress == MAP_FAILED)
		r = err_sys(e, errno, "cannot map memory");
	if (r == 0)
		r = prepare_settings(b, e);
	if (r < 0)
		return r;
	user_self(&b->user);
	b->cache_fd = openat(b->store.data_fd, "steps", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->cache_fd < 0)
		return err_sys(e, errno, "cannot open '%s/steps'", b->store.data);
	b->cache = build_cache_open(b->req);
	return copy_session_open(b->cache_fd, &b->copy, e);
}

void build_close(struct build *b)
{
	if (b->progress && b->progress != MAP_FAILED)
		munmap(b->progress, sizeof(*b->progress));
	copy_session_close(b->copy);
	build_cache_close(b->cache);
	close_fd(&b->cache_fd);
	settings_clear(&b->open);
	settings_clear(&b->closed);
	free(b->network_denied);
	user_clear(&b->user);
	store_close(&b->store);
}

size_t build_count(struct build *b)
{
	return atomic_fetch_add(&b->progress->done, 1) + 1;
}

void build_note_found(struct build *b, const char *title)
{
	if (b->again)
		return;
	if (b->found) {
		strv_push(b->found, title);
		return;
	}
	atomic_fetch_add(&b->progress->cached, 1);
	log_note("cached %zu/%zu: %s", build_count(b), b->progress->steps, title);
}

void build_note_made(struct build *b, const char *title)
{
	log_note("built %zu/%zu: %s", build_count(b), b->progress->steps, title);
}

int build_may_make(const struct build *b, struct err *e)
{
	return b->found ? err_set(e, ERR_RETRY, "its layer must be made") : 0;
}
