/*
 * build_tidy.h - taking out of a step's upper directory what the launcher put there.
 */
#ifndef BUILD_ENGINE_BUILD_TIDY_H
#define BUILD_ENGINE_BUILD_TIDY_H

#include "base/err.h"
#include "base/mem.h"
#include "image/store/view.h"

/*
 * Removes /etc/hosts and /etc/resolv.conf, and those of the mount points (absolute paths) that did
 * not exist below and are still empty, with the directories that were made or copied up for them.
 */
int build_tidy(int upper, const struct view *below, const struct strv *mounts, struct err *e);

#endif
