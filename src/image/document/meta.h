/*
 * meta.h - the sidecar of an unpacked layer: attributes that files of a single uid cannot have.
 *
 * One line for each entry whose true attributes differ from the file's:
 *
 *	/<path> <mode octal> <uid> <gid> <type> <major> <minor> [<xattr>=<value> ...]
 *
 * Paths, names and values have blank, '%', '=' and control bytes as %XX; type is a letter of
 * find(1)'s %y (f d l c b p). An entry without a line has uid 0, gid 0, and the mode and user
 * xattrs of its file. Lines are in the order of the layer; a later one for the same path replaces
 * an earlier one.
 */
#ifndef IMAGE_DOCUMENT_META_H
#define IMAGE_DOCUMENT_META_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

struct meta_entry {
	char *path;
	mode_t mode; /* permission and set-id bits */
	uint32_t uid, gid;
	char type;
	unsigned int major, minor;
	struct strv xattr_names;
	struct buf *xattr_values; /* as many; owned */
};

/* The letter of a file type; 0: one that no layer can hold. */
char meta_type(mode_t mode);

void meta_entry_clear(struct meta_entry *m);
void meta_entry_add_xattr(struct meta_entry *m, const char *name, const void *value, size_t len);

/*
 * An attribute as images have it: a capability that belongs to a user namespace becomes one of any.
 * Changes the value in place if the name is that of capabilities; returns its length.
 */
size_t meta_capability(const char *name, void *value, size_t len);

/* Appends an entry's line to a stream. */
void meta_write(FILE *f, const struct meta_entry *m);

/* All entries of a sidecar by path. The file is ours, but still checked: bad lines are errors. */
struct meta;
int meta_load(int fd, const char *name, struct meta **ret, struct err *e);
const struct meta_entry *meta_find(const struct meta *m, const char *path); /* or NULL */
void meta_free(struct meta *m);

/* Calls each() for every entry that has the attribute. */
int meta_each_with(int fd, const char *name, const char *xattr,
		   void (*each)(void *ctx, const struct meta_entry *m), void *ctx, struct err *e);

/* Renames all entries beneath one path to be beneath another. */
int meta_move(int fd, const char *from, const char *to, struct err *e);

#endif
