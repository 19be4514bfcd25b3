/*
 * build_files.c - see build_files.h.
 */
#include "build/engine/build_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "image/store/layer_stack.h"

/* The paths of the layers, bottom first. */
static int find_layers(const struct build_state *s, const struct image_store *store,
		       struct strv *out, struct err *e)
{
	struct digest chain = {0};

	for (size_t i = 0; i < s->m.n_layers; i++) {
		struct digest below = chain;
		char *path;

		layer_chain_id(&below, &s->diff_ids[i], &chain);
		path = layer_find(store, &chain);
		if (!path)
			return err_set(e, ENOENT,
				       "the layer %.12s is not in the store: was it "
				       "removed during the build?",
				       chain.hex);
		strv_push_take(out, path);
	}
	return 0;
}

int build_files_paths(const struct build_state *s, const struct image_store *store,
		      struct strv *out, struct err *e)
{
	cleanup_strv struct strv found = {0};
	int r = find_layers(s, store, &found, e);

	for (size_t i = found.n; r == 0 && i-- > 0;)
		strv_push_take(out, found.v[i][0] == '/' ? xstrdup(found.v[i])
							 : path_join(store->path, found.v[i]));
	return r;
}

int build_files_open(const struct build_state *s, const struct image_store *store,
		     struct build_files *ret, struct err *e)
{
	cleanup_strv struct strv paths = {0};
	int r = build_files_paths(s, store, &paths, e);
	struct build_files f = {.layers = xcalloc(paths.n + 1, sizeof(int)),
				.metas = xcalloc(paths.n + 1, sizeof(int))};

	for (size_t i = 0; r == 0 && i < paths.n; i++) {
		cleanup_free char *meta = xasprintf("%s" LAYER_META, paths.v[i]);

		f.layers[i] = open(paths.v[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		f.metas[i] = open(meta, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		f.n++;
		if (f.layers[i] < 0)
			r = err_sys(e, errno, "cannot open the layer '%s'", paths.v[i]);
	}
	if (r < 0)
		build_files_close(&f);
	else
		*ret = f;
	return r;
}

void build_files_close(struct build_files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		close_fd(&f->layers[i]);
		close_fd(&f->metas[i]);
	}
	free(f->layers);
	free(f->metas);
	*f = (struct build_files){0};
}

struct view build_files_view(const struct build_files *f)
{
	return (struct view){.layers = f->layers, .n = f->n};
}
