/*
 * build_files.h - the files of a state: its layers, opened.
 */
#ifndef BUILD_ENGINE_BUILD_FILES_H
#define BUILD_ENGINE_BUILD_FILES_H

#include "build/engine/build_state.h"
#include "image/store/view.h"

struct build_files {
	int *layers, *metas; /* top first; metas: their sidecars, -1 if there is none */
	size_t n;
};

int build_files_open(const struct build_state *s, const struct image_store *store,
		     struct build_files *ret, struct err *e);
void build_files_close(struct build_files *f);
#define cleanup_build_files __attribute__((cleanup(build_files_close)))

struct view build_files_view(const struct build_files *f);

/* Appends the directories of the layers, top first, as absolute paths. */
int build_files_paths(const struct build_state *s, const struct image_store *store,
		      struct strv *out, struct err *e);

#endif
