/*
 * etc_text.h - what has to stand in files of /etc: found by reading them, put in where it is missing.
 *
 * Each function reads the text of a file, whatever its bytes are, and returns true when the file says what it
 * has to; else false, with the text that does in the empty buffer *ret.
 */
#ifndef BASE_ETC_TEXT_H
#define BASE_ETC_TEXT_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * passwd(5): who asks for the name of `line` or for its uid gets its name, uid, gid and home. The line comes
 * first when another one is in its way, else last. With only_uid: any line with the uid will do.
 */
bool etc_text_passwd(const struct buf *text, const char *line, bool only_uid, struct buf *ret);

/* group(5): the same of a group's name and gid. */
bool etc_text_group(const struct buf *text, const char *line, bool only_gid, struct buf *ret);

/* passwd(5) and group(5): uid or gid 0 has an entry, else `line` comes last. */
bool etc_text_root(const struct buf *text, const char *line, struct buf *ret);

/*
 * hosts(5): begins with a block between two marks: localhost, hostname, then `others`, lines of another hosts(5).
 * What a file has outside of it stays.
 */
bool etc_text_hosts(const struct buf *text, const char *hostname, const char *others,
		    struct buf *ret);

/* What a file has outside of that block. */
void etc_text_hosts_rest(const struct buf *text, struct buf *ret);

/* The lines of a hosts(5) that are worth to be others: all but comments and those of localhost alone. */
void etc_text_hosts_lines(const char *text, struct buf *ret);

/* nsswitch.conf(5): files are asked for users, groups and hosts, and for hosts before any server is. */
bool etc_text_nsswitch(const struct buf *text, struct buf *ret);

#endif
