/*
 * overlay.h - the overlay of a box's image and its own files, mounted on the staging folder.
 */
#ifndef LAUNCH_OVERLAY_H
#define LAUNCH_OVERLAY_H

#include "base/err.h"
#include "launch/plan.h"

/* Without an upper folder in the plan, one is made in the folder `scratch`. Changes the directory. */
int overlay_mount(const struct plan *p, int scratch, struct err *e);

#endif
