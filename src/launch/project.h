/*
 * project.h - the namespaces that the boxes of a project are in.
 */
#ifndef LAUNCH_PROJECT_H
#define LAUNCH_PROJECT_H

#include "base/err.h"

/* Descriptors. */
struct project {
	int userns, netns;
};

#define PROJECT_INIT ((struct project){.userns = -1, .netns = -1})

void project_clear(struct project *p);
#define cleanup_project __attribute__((cleanup(project_clear)))

/*
 * Takes the caller, a helper (base/helper.h), into both for good. Makes what is missing (-1) of *p:
 * the user namespace, in which ids are what they are outside, and a network namespace that it owns.
 * The user namespaces of boxes are below it, so that box-root has no capability over the network.
 * After a failure either may be there.
 */
int project_enter(struct project *p, struct err *e);

#endif
