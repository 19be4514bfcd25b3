/*
 * build.c - the store and the settings of a build.
 *
 * Of the user's settings only those act that bind everything: a build is no part of a project.
 */
#include "build/engine/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "build/copy.h"

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

	if (r == 0)
		r = prepare_settings(b, e);
	if (r < 0)
		return r;
	user_self(&b->user);
	b->cache_fd = openat(b->store.data_fd, "steps", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->cache_fd < 0)
		return err_sys(e, errno, "cannot open '%s/steps'", b->store.data);
	return copy_session_open(b->cache_fd, &b->copy, e);
}

void build_close(struct build *b)
{
	copy_session_close(b->copy);
	close_fd(&b->cache_fd);
	settings_clear(&b->open);
	settings_clear(&b->closed);
	free(b->network_denied);
	user_clear(&b->user);
	store_close(&b->store);
}

size_t build_count(struct build *b, bool cached)
{
	b->n_cached += cached;
	return ++b->n_done;
}
