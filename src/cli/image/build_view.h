/*
 * build_view.h - shows the graph of a build: its stages, steps and features, as text and as
 * JSON.
 */
#ifndef CLI_IMAGE_BUILD_VIEW_H
#define CLI_IMAGE_BUILD_VIEW_H

#include "build/steps.h"
#include "image/feature/feature.h"

/* What is shown. steps has one for each stage of the graph; ignore_file is NULL if there is none. */
struct build_view {
	const struct graph *graph;
	const struct steps *steps;
	const char *ignore_file;
	const char *devcontainer;	     /* whose features follow the last step; or NULL */
	const struct feature_list *features; /* in the order of installation */
};

void build_view_text(const struct build_view *v);
void build_view_json(const struct build_view *v);

#endif
