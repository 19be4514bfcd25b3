/*
 * tools.h - a session beside the box's processes whose root is another image: that of its tools.
 */
#ifndef LAUNCH_TOOLS_H
#define LAUNCH_TOOLS_H

#include "base/err.h"
#include "base/mem.h"
#include "launch/plan.h"

/* Where tools find the whole tree of the box. */
#define TOOLS_BOX_DIR "/box"

/*
 * The launcher's part: the root of the tools as a detached mount that lasts as long as *ret_tree is
 * open. Of the plan count who is who outside, the layers, the mounts, /etc and the staging directory;
 * what is written into the root is kept in memory (Linux 6.6). Directories are made for those that are to
 * be shared; where none can be, as beneath the host's /usr, the path is taken out of *shared.
 */
int tools_make(const struct plan *p, struct strv *shared, int *ret_tree, struct err *e);

/*
 * The session's part, for a process of the box with all rights in the "you" user namespace: it gets a
 * mount namespace of its own with the tree as its root, the box's at TOOLS_BOX_DIR, and those of the
 * shared directories (ends with NULL) that the box has at their paths as well. The tree is attached by
 * it, and for good.
 */
int tools_enter(int tree, char *const *shared, struct err *e);

#endif
