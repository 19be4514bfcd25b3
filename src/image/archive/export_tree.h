/*
 * export_tree.h - files of layers as entries of a tar. What export_tar.c and export_upper.c share.
 */
#ifndef IMAGE_ARCHIVE_EXPORT_TREE_H
#define IMAGE_ARCHIVE_EXPORT_TREE_H

#include "image/archive/export_archive.h"
#include "image/document/manifest.h"
#include "image/document/meta.h"
#include "image/store/layer_stack.h"
#include "image/store/view.h"

#define TREE_BUFFER (1u << 20)

struct tree {
	struct archive *archive;
	int fds[IMAGE_MAX_LAYERS + 1]; /* top first; behind them the upper, if it is about one */
	struct meta *metas[IMAGE_MAX_LAYERS + 1];
	struct view view; /* the image's */
	void *linked;	  /* tsearch(3) of struct inode: files with several names */
	char *buffer;
};

#define TREE_INIT(a)                                              \
	{                                                         \
		.archive = (a), .buffer = xcalloc(1, TREE_BUFFER) \
	}

void tree_clear(struct tree *t);
#define cleanup_tree __attribute__((cleanup(tree_clear)))

/* Opens the layers of an image, which make up t->view, with their sidecars. */
int tree_open_layers(struct tree *t, const struct image_store *store, const struct digest *manifest,
		     struct err *e);

/* Writes one file, directory or link with its content, from a layer or, behind them, the upper. */
int tree_write_entry(struct tree *t, size_t layer, const char *path, const struct stat *st,
		     struct err *e);

/* Gives an entry of the upper the owner of what it is a copy of. */
void tree_keep_owner(const struct tree *t, const char *path, const struct stat *st,
		     struct archive_entry *entry);

/* All files of the image as one tree; in export_tar.c. */
int export_tree(const struct image_store *s, const struct digest *manifest, struct archive *a,
		struct err *e);

/*
 * What a box wrote, in an overlay's upper directory (an open one of the
 * caller's), as a layer upon the image `base`. Entries have the owners of those they stand for in the image, new ones are
 * root's.
 */
int export_upper(const struct image_store *s, const struct digest *base, int upper,
		 struct archive *a, struct err *e);

#endif
