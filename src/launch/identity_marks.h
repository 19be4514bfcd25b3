/*
 * identity_marks.h - a build's programs do not meet the marks by which owners are recorded.
 */
#ifndef LAUNCH_IDENTITY_MARKS_H
#define LAUNCH_IDENTITY_MARKS_H

#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/* listxattr(2) and kin: without the attribute. */
void identity_marks_list(const struct supervisor *s, const struct notice *c);

/* utimensat(2) of a symlink: its owner, which is in a time, stays. */
void identity_marks_times(const struct supervisor *s, const struct notice *c);

#endif
