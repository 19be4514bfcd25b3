/*
 * image_root.c - the directories of a box's root.
 */
#include "rootfs/image_root.h"

#include "base/cleanup.h"
#include "base/path.h"

void image_root_clear(struct image_root *r)
{
	strv_clear(&r->lowers);
	strv_clear(&r->binds);
	image_plan_clear(&r->plan);
	close_fd(&r->lease);
}

void image_root_stack(const struct store *s, const struct strv *layers, struct image_root *root)
{
	cleanup_strv struct strv below = root->lowers;

	root->lowers = (struct strv){0};
	for (size_t i = 0; i < layers->n; i++)
		strv_push_take(&root->lowers, path_join(s->data, layers->v[i]));
	for (size_t i = 0; i < below.n; i++)
		strv_push(&root->lowers, below.v[i]);
}
