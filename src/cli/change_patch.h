/*
 * change_patch.h - one change of a box in the format of patch(1).
 */
#ifndef CLI_CHANGE_PATCH_H
#define CLI_CHANGE_PATCH_H

#include "changes/changes.h"

/*
 * Prints a unified diff of a regular file; for anything else the line of change_print() after a
 * `#`. Binary files are only reported to differ. On a terminal, file content is made printable.
 */
int change_patch(const struct change *c, struct err *e);

#endif
