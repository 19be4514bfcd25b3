/*
 * net_note.h - tells, after a session, that connections ended with a gateway that was killed.
 *
 * Not at once: a line among what a full-screen program shows would spoil it.
 */
#ifndef FLOW_NET_NOTE_H
#define FLOW_NET_NOTE_H

#include "box/box.h"
#include "grant/obeyed.h"
#include "store/store.h"

/* Makes no system call for a session shorter than a tenth of a second. */
void net_note_say(const struct store *s, const struct box *b, const struct obeyed_session *session);

#endif
