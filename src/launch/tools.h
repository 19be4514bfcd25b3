/*
 * tools.h - a session in a running box whose root is another image: that of its tools.
 */
#ifndef LAUNCH_TOOLS_H
#define LAUNCH_TOOLS_H

#include "base/err.h"
#include "base/mem.h"
#include "launch/plan.h"

/* Where the tools see the whole tree of the box. */
#define TOOLS_BOX_DIR "/box"

/*
 * The launcher's part: makes the root of the tools as a detached mount that lives as long as
 * *ret_tree is open. Uses the plan's outer ids, layers, mounts, /etc and staging directory; writes
 * to the root are kept in memory (Linux 6.6). Makes directories for the shared paths; where it
 * cannot, as beneath the host's /usr, removes the path from *shared.
 */
int tools_make(const struct plan *p, struct strv *shared, int *ret_tree, struct err *e);

/*
 * The session's part, in a process of the box with all rights in the "you" user namespace: gives it
 * a new mount namespace with the tree as root, the box's root at TOOLS_BOX_DIR, and those of the
 * shared directories (NULL-terminated) that the box has at the same paths. The tree can be attached
 * only once.
 */
int tools_enter(int tree, char *const *shared, struct err *e);

#endif
