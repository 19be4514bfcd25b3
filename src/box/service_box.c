/*
 * service_box.c - finding the boxes of services.
 */
#include "box/service_box.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "box/service_tie.h"

#define STOPPED "stopped"

int service_box_find(const struct store *s, const char *mark, const char *name, struct box *ret,
		     struct err *e)
{
	const struct store_key key = service_tie_key(mark, name);
	char id[BOX_ID_LEN + 1];
	int r = store_lookup(s, STORE_PROJECTS, key.hex, id);

	if (r < 0 && r != -ENOENT)
		return err_sys(e, -r, "cannot read '%s/" STORE_PROJECTS "/%s'", s->data, key.hex);
	if (r == 0)
		r = box_load(s, id, ret, e);
	return r == -ENOENT ? err_set(e, ENOENT, "service '%s' was not started yet", name) : r;
}

int service_box_list(const struct store *s, const char *mark, struct box_list *ret, struct err *e)
{
	cleanup_box_list struct box_list all = {0};
	size_t n = 0;
	int r = box_list_load(s, &all, e);

	for (size_t i = 0; r >= 0 && i < all.n; i++) {
		cleanup_service_tie struct service_tie tie = {0};
		struct err ignored;
		struct box kept;

		if (!all.v[i].service || (r = box_list_open(s, &all, i, e)) <= 0)
			continue;
		if (service_tie_read(all.v[i].dir_fd, &tie, &ignored) < 0 ||
		    (mark && !streq(tie.mark, mark)))
			continue;
		kept = all.v[n];
		all.v[n++] = all.v[i];
		all.v[i] = kept;
	}
	if (r < 0)
		return r;
	for (size_t i = n; i < all.n; i++)
		box_close(&all.v[i]);
	all.n = n;
	*ret = all;
	all = (struct box_list){0};
	return 0;
}

bool service_box_is_stopped(const struct box *b)
{
	return faccessat(b->dir_fd, STOPPED, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int service_box_set_stopped(const struct box *b, bool stopped, struct err *e)
{
	if (stopped)
		return file_write_atomic(b->dir_fd, STOPPED, "", 0, 0600, e);
	if (unlinkat(b->dir_fd, STOPPED, 0) < 0 && errno != ENOENT)
		return err_sys(e, errno, "cannot note that '%s' is started", b->name);
	return 0;
}
