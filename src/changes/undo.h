/*
 * undo.h - what the last `apply` to a project's directories replaced and removed, so that it can be
 * undone.
 *
 *	DATA/undo/<key>/list	a line for each change, written before it is made; see undo_list.c
 *	DATA/undo/<key>/<n>	the file or tree that was there
 *
 * First keeps, then replaces: after a kill at any moment the host has the old file or the new one,
 * and wherever it has the new one, the old one is kept. On the same file system the file itself is
 * kept, by another link, and a removed tree is moved; else it is a copy, with modes and times.
 *
 * The key is that of the project's directory, or for a box without one of its id: so it survives
 * discarding the trial. It is dropped by the next apply that changes something, or by
 * undo_forget().
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
	UNDO_REPLACED = 'M', /* the former file is kept */
	UNDO_REMOVED = 'D',  /* the same, without a replacement */
	UNDO_MODE = 'C',     /* of a directory */
};

struct undo_entry {
	enum undo_kind kind;
	unsigned int kept; /* its number */
	struct stat st;	   /* of the replacement: mode, size, time; UNDO_MODE: the former mode */
	char *folder;	   /* of the host, absolute */
	char *rel;	   /* relative to it */
	bool back;	   /* already undone */
};

struct undo {
	char *of; /* the project's directory, or the box's id */
	char *key;
	int dir;	      /* DATA/undo/<key>, locked */
	int list;	      /* its list, to be appended to */
	bool whole;	      /* the apply was completed */
	struct undo_entry *v; /* in the order of the apply */
	size_t n, cap;
	size_t resumed;	   /* of these, how many are from before an interruption */
	unsigned int next; /* number for the next kept file */
};

#define UNDO_INIT                      \
	{                              \
		.dir = -1, .list = -1, \
	}

void undo_close(struct undo *u);
#define cleanup_undo __attribute__((cleanup(undo_close)))

/*
 * For an apply: continues an interrupted one, else drops the kept files of the last one and starts
 * over.
 */
int undo_begin(const struct store *s, const char *of, struct undo *ret, struct err *e);

/*
 * Keeps the file name in parent, and records that `now` replaces it (kind UNDO_REPLACED,
 * UNDO_ADDED) or that it is removed (UNDO_REMOVED: then it is gone from parent). rel: its path
 * relative to folder. UNDO_MODE: now.st_mode is the former mode.
 */
int undo_keep(struct undo *u, enum undo_kind kind, int parent, const char *name, const char *folder,
	      const char *rel, const struct stat *now, struct err *e);

/* Marks the apply as complete. */
int undo_end(struct undo *u, struct err *e);

/* Opens what was kept, locked; -ENOENT if there is nothing. */
int undo_open(const struct store *s, const char *of, struct undo *ret, struct err *e);

/* Is there anything kept? Takes no lock. */
bool undo_exists(const struct store *s, const char *of);

/* Bytes on disk. */
uint64_t undo_size(const struct undo *u);

/*
 * Was the result of an entry changed since? *ret_done: it was undone, or never done. Fails if the
 * present file cannot be checked.
 */
int undo_changed(const struct undo *u, const struct undo_entry *entry, bool *ret_changed,
		 bool *ret_done, struct err *e);

/* Is it the last entry of its path, the one that describes the present file? */
bool undo_is_last(const struct undo *u, size_t i);

/*
 * Undoes one entry; call it for the last entry first. Whatever is at its path now is removed or
 * replaced; a directory that is not empty stays, with a note.
 */
int undo_back(struct undo *u, struct undo_entry *entry, struct err *e);

/* Drops everything; the second, also if it cannot be read. */
int undo_forget(const struct store *s, struct undo *u, struct err *e);
int undo_drop(const struct store *s, const char *of, struct err *e);

#endif
