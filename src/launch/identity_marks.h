/*
 * identity_marks.h - a build's programs do not meet the marks by which owners and
 * capabilities are recorded.
 */
#ifndef LAUNCH_IDENTITY_MARKS_H
#define LAUNCH_IDENTITY_MARKS_H

#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/* listxattr(2) and kin: without ours, and with the kernel's that one stands for. */
void identity_marks_list(const struct supervisor *s, const struct notice *c);

/* utimensat(2) and kin: what a time says of a symlink's owner or of capabilities stays true. */
void identity_marks_times(const struct supervisor *s, const struct notice *c);

#endif
