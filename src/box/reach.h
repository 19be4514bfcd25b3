/*
 * reach.h - what of the host a project may have.
 *
 * Code in a box can write its project's sandbox.ini, and so ask for anything at the next start.
 * What the first start was given is kept in the box's folder (`reach`, a line each); a later start
 * that would be given more is refused until the user says --accept.
 */
#ifndef BOX_REACH_H
#define BOX_REACH_H

#include <stdbool.h>

#include "base/err.h"
#include "box/box.h"
#include "config/settings.h"

/*
 * Appends what the settings, read from files, give of the host: home, network, what is opened in
 * the kernel. Flags and SANDBOX_* variables are the user's own word and not counted.
 */
void reach_add_settings(const struct settings *s, struct strv *out);

/* Appends one mount of a host folder that is no part of the project. */
void reach_add_mount(const char *source, const char *target, bool read_only, struct strv *out);

/*
 * Compares with what is kept. More than that is an error, unless accept. Returns 1 when the reach
 * is to be kept (the first start, or accepted), 0 when it is.
 */
int reach_check(const struct box *b, const struct strv *reach, bool accept, struct err *e);

/* Keeps it; called when the box has been started with it. */
int reach_keep(const struct box *b, const struct strv *reach, struct err *e);

#endif
