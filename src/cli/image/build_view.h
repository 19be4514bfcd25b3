/*
 * build_view.h - shows the graph of a build: its stages and steps, as text and as JSON.
 */
#ifndef CLI_IMAGE_BUILD_VIEW_H
#define CLI_IMAGE_BUILD_VIEW_H

#include "build/steps.h"

/* What is shown. steps has one for each stage of the graph; ignore_file is NULL if there is none. */
struct build_view {
	const struct graph *graph;
	const struct steps *steps;
	const char *ignore_file;
};

void build_view_text(const struct build_view *v);
void build_view_json(const struct build_view *v);

#endif
