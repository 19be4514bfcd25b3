/*
 * etc_text.h - required entries of files in /etc: detected, and added where they are missing.
 *
 * Each function reads the text of a file, whatever its bytes are. It returns true when the file
 * already says what is required; otherwise false, and the corrected text in the empty buffer *ret.
 */
#ifndef BASE_ETC_TEXT_H
#define BASE_ETC_TEXT_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * passwd(5): looking up the name or the uid of `line` must give its name, uid, gid and home. The
 * line is put first if another entry would win, else last. only_uid: any entry with that uid will
 * do.
 */
bool etc_text_passwd(const struct buf *text, const char *line, bool only_uid, struct buf *ret);

/* group(5): the same for a group's name and gid. */
bool etc_text_group(const struct buf *text, const char *line, bool only_gid, struct buf *ret);

/* passwd(5) and group(5): id 0 must have an entry; otherwise `line` is appended. */
bool etc_text_root(const struct buf *text, const char *line, struct buf *ret);

/*
 * hosts(5): must begin with a marked block: localhost, hostname, then `others` (more lines of
 * hosts(5)). Everything outside that block is kept.
 */
bool etc_text_hosts(const struct buf *text, const char *hostname, const char *others,
		    struct buf *ret);

/* The part of a file outside that block. */
void etc_text_hosts_rest(const struct buf *text, struct buf *ret);

/*
 * The lines of a hosts(5) that can serve as `others`: no comments, no lines with nothing but
 * localhost.
 */
void etc_text_hosts_lines(const char *text, struct buf *ret);

/*
 * nsswitch.conf(5): users, groups and hosts must be looked up in files; hosts there before any
 * server.
 */
bool etc_text_nsswitch(const struct buf *text, struct buf *ret);

#endif
