/*
 * image_needs.c - asking every box what it needs.
 */
#include "cli/image/image_needs.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "box/lifecycle.h"
#include "box/prepared.h"

void needs_clear(struct needs *n)
{
	strv_clear(&n->images);
	strv_clear(&n->users);
	strv_clear(&n->running);
	strv_clear(&n->steps);
}

static void add_step(const struct store *s, const struct box *b, const char *layer,
		     struct needs *out)
{
	cleanup_free char *target = prepared_target(s, layer);

	if (faccessat(s->data_fd, layer, F_OK, 0) < 0)
		err_sys(&out->unknown, errno,
			"nothing removed: box '%s' needs '%s/%s' ('sandbox enter "
			"--rebuild' creates it again)",
			b->name, s->data, layer);
	strv_push(&out->steps, path_basename(layer));
	if (target)
		strv_push(&out->steps, path_basename(target));
}

static void add(const struct store *s, const struct box *b, struct needs *out)
{
	if (b->damaged)
		err_set(&out->unknown, EUCLEAN,
			"nothing removed: a box cannot say what it needs: %s", b->why);
	if (b->digest.hex[0]) {
		strv_push(&out->images, b->digest.hex);
		strv_push(&out->users, b->name);
	}
	if (b->digest.hex[0] && box_is_running(b))
		strv_push(&out->running, b->digest.hex);
	for (size_t i = 0; i < b->prepared.n; i++)
		add_step(s, b, b->prepared.v[i], out);
}

int needs_find(struct needs *out, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_box_list struct box_list boxes = {0};
	int r = box_list_of_store(&s, &boxes, e);

	for (size_t i = 0; r >= 0 && i < boxes.n; i++) {
		r = box_list_open(&s, &boxes, i, e);
		if (r > 0)
			add(&s, &boxes.v[i], out);
	}
	return r < 0 ? r : 0;
}

int needs_find_all(struct needs *out, struct err *e)
{
	int r = needs_find(out, e);

	if (r < 0 || !out->unknown.code)
		return r;
	*e = out->unknown;
	return -e->code;
}
