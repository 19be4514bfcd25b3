/*
 * change_patch.h - one change of a box as patch(1) understands it.
 */
#ifndef CLI_CHANGE_PATCH_H
#define CLI_CHANGE_PATCH_H

#include "changes/changes.h"

/*
 * On stdout: a unified diff of a regular file, for all else the line of change_print() behind a `#`.
 * Binary files just differ. On a terminal nothing of a file acts on it.
 */
int change_patch(const struct change *c, struct err *e);

#endif
