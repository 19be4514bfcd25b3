/*
 * undo.h - what the last `apply` to a project's directories replaced and removed, so that it can be taken back.
 *
 *	DATA/undo/<key>/list	a line a change, written before it is made; see undo_list.c
 *	DATA/undo/<key>/<n>	the file or tree that was there
 *
 * Kept first, replaced then: killed at any moment, the host has the old file or the new one, and the old one
 * is kept wherever the new one is. On the same file system what is kept is the file itself, by another link,
 * and a removed tree is only moved; else it is a copy, with modes and times.
 *
 * The key is the project's, or of a box without one its id: so it stays when the trial is discarded. It goes
 * with the next apply that changes something, or with undo_forget().
 */
#ifndef CHANGES_UNDO_H
#define CHANGES_UNDO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "store/store.h"

enum undo_kind {
	UNDO_ADDED = 'A',    /* nothing was there */
	UNDO_REPLACED = 'M', /* what was there is kept */
	UNDO_REMOVED = 'D',  /* the same, and nothing took its place */
	UNDO_MODE = 'C',     /* of a directory */
};

struct undo_entry {
	enum undo_kind kind;
	unsigned int kept; /* its number */
	struct stat
		st; /* mode, size and time: of what took its place; mode alone: what the directory had */
	char *folder; /* of the host, absolute */
	char *rel;    /* beneath it */
	bool back;    /* taken back already */
};

struct undo {
	char *of; /* the project's directory, or the box's id */
	char *key;
	int dir;	      /* DATA/undo/<key>, locked */
	int list;	      /* its list, to be appended to */
	bool whole;	      /* the apply was done to its end */
	struct undo_entry *v; /* in the order in which it was done */
	size_t n, cap;
	size_t resumed;	   /* of these, from before the apply was cut off */
	unsigned int next; /* number of what is kept next */
};

#define UNDO_INIT                      \
	{                              \
		.dir = -1, .list = -1, \
	}

void undo_close(struct undo *u);
#define cleanup_undo __attribute__((cleanup(undo_close)))

/* For an apply: goes on with one that did not come to its end, else drops the last one's and begins anew. */
int undo_begin(const struct store *s, const char *of, struct undo *ret, struct err *e);

/*
 * Keeps what is called name in parent, and notes that `now` takes its place (kind UNDO_REPLACED,
 * UNDO_ADDED), or takes it away (UNDO_REMOVED: it is gone from parent then). rel: parent's and name's, beneath
 * directory. UNDO_MODE: now.st_mode is what it was.
 */
int undo_keep(struct undo *u, enum undo_kind kind, int parent, const char *name, const char *folder,
	      const char *rel, const struct stat *now, struct err *e);

/* All of it is done. */
int undo_end(struct undo *u, struct err *e);

/* What was kept, locked; -ENOENT when there is none. */
int undo_open(const struct store *s, const char *of, struct undo *ret, struct err *e);

/* Is there any? No lock is taken. */
bool undo_exists(const struct store *s, const char *of);

/* Bytes on disk. */
uint64_t undo_size(const struct undo *u);

/* Has what an entry did been changed since; *ret_done: it was taken back, or never done. Fails where what is there
 * cannot be looked at. */
int undo_changed(const struct undo *u, const struct undo_entry *entry, bool *ret_changed,
		 bool *ret_done, struct err *e);

/* The last entry of its path: the one that tells what is there now. */
bool undo_is_last(const struct undo *u, size_t i);

/*
 * Takes one back; entries are to be taken back last first. What it put there meanwhile is removed or
 * replaced, whatever that is by now; a directory that is not empty stays, with a note.
 */
int undo_back(struct undo *u, struct undo_entry *entry, struct err *e);

/* Drops it all; the second, what cannot be read. */
int undo_forget(const struct store *s, struct undo *u, struct err *e);
int undo_drop(const struct store *s, const char *of, struct err *e);

#endif
