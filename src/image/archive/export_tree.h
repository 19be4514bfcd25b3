/*
 * export_tree.h - files of layers as entries of a tar. Shared by export_tar.c and export_upper.c.
 */
#ifndef IMAGE_ARCHIVE_EXPORT_TREE_H
#define IMAGE_ARCHIVE_EXPORT_TREE_H

#include "base/first_names.h"
#include "image/archive/export_archive.h"
#include "image/document/manifest.h"
#include "image/document/meta.h"
#include "image/store/layer_stack.h"
#include "image/store/view.h"

#define TREE_BUFFER (1u << 20)

struct tree {
	struct archive *archive;
	int fds[IMAGE_MAX_LAYERS + 1]; /* top first; then the upper, if there is one */
	struct meta *metas[IMAGE_MAX_LAYERS + 1];
	struct view view; /* the image's */
	struct first_names *linked;
	char *buffer;
	const struct upper_rules *rules; /* of the upper; or NULL */
};

/* What the upper itself does not say. */
struct upper_rules {
	uint32_t uid, gid; /* who owns what is new and not marked */
	time_t latest;	   /* no file is newer; -1: any time */
	int meta_fd;	   /* the upper's sidecar, which knows all owners; -1: there is none */
};

#define TREE_INIT(a)                                              \
	{                                                         \
		.archive = (a), .buffer = xcalloc(1, TREE_BUFFER) \
	}

void tree_clear(struct tree *t);
#define cleanup_tree __attribute__((cleanup(tree_clear)))

/* Opens the layers of an image, which form t->view, and their sidecars. */
int tree_open_layers(struct tree *t, const struct image_store *store, const struct digest *manifest,
		     struct err *e);

/* The same for the layers with these diff-ids, bottom first. */
int tree_open_stack(struct tree *t, const struct image_store *store, const struct digest *diff_ids,
		    size_t n, struct err *e);

/*
 * Writes one file, directory or symlink with its content, from a layer or (the last index) the
 * upper.
 */
int tree_write_entry(struct tree *t, size_t layer, const char *path, const struct stat *st,
		     struct err *e);

/* Gives an entry of the upper the owner of the file that it is a copy of. */
void tree_keep_owner(const struct tree *t, const char *path, const struct stat *st,
		     struct archive_entry *entry);

/* All files of the image as one tree; in export_tar.c. */
int export_tree(const struct image_store *s, const struct digest *manifest, struct archive *a,
		struct err *e);

/*
 * What a box wrote, in an overlay's upper directory (an open one of the caller's), as a layer on
 * top of the image `base`. Entries keep the owners of the files they replace; new ones belong to
 * root.
 */
int export_upper(const struct image_store *s, const struct digest *base, int upper,
		 struct archive *a, struct err *e);

/* The same on top of the layers with these diff-ids, bottom first. */
int export_upper_on(const struct image_store *s, const struct digest *diff_ids, size_t n, int upper,
		    const struct upper_rules *rules, struct archive *a, struct err *e);

#endif
