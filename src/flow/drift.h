/*
 * drift.h - differences between what a box runs with and what its project asks for now.
 */
#ifndef FLOW_DRIFT_H
#define FLOW_DRIFT_H

#include "base/err.h"
#include "box/box.h"
#include "config/lock_file.h"
#include "config/settings.h"

/* Appends the settings that only take effect at a start, a line each, for box_record_start(). */
void drift_notes(const struct settings *s, struct buf *out);

/*
 * If a flag asks for another image than the box was made from, that is an error; if a file does, it
 * is reported. lock: what the project follows, or NULL.
 */
int drift_check_image(const struct store *st, const struct box *b, const struct settings *s,
		      const struct lock_file *lock, struct err *e);

/* Reports packages or steps that differ from those the box was made from. */
int drift_check_recipe(const struct box *b, const struct settings *s, const struct lock_file *lock,
		       struct err *e);

/*
 * For a running box: a difference asked for by a flag is an error, and so is something that files
 * now close or protect, so that nobody relies on a protection that is not there. Other differences
 * in files, also in mounts, are a line of notes (NULL: not reported); and what sessions would get of
 * the host by them is removed from the settings, because nobody has agreed to it.
 */
int drift_check_running(const struct box *b, struct settings *s, struct strv *notes, struct err *e);

/* Before a session joins a running box: is its project the directory that is there now? */
int drift_check_folder(const struct box *b, struct err *e);

#endif
