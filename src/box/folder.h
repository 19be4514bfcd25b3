/*
 * folder.h - the identity of a project's directory across moves, and the name of its box.
 */
#ifndef BOX_FOLDER_H
#define BOX_FOLDER_H

#include <stdbool.h>

/*
 * A word that stays the same when the directory is moved within its file system: file system, inode
 * and birth time; usable as a file name. A copy has another one. NULL if it is unknown, as on file
 * systems without birth times: such a directory is known only by its path. The caller frees it.
 */
char *folder_id(const char *dir);

/*
 * The same for consent, which needs an identity in any case: without birth times, file system and
 * inode. NULL if there is no such directory.
 */
char *folder_mark(const char *dir);

/* Is the directory known to be younger than that, in seconds since 1970? */
bool folder_born_after(const char *dir, long long seconds);

/* Is it well-formed? Keys are made from it. */
bool folder_id_valid(const char *id);

/* The key of a directory in STORE_PROJECTS and STORE_TRIALS, from its id; the caller frees it. */
char *folder_key(const char *id);

/* The directory's name, reduced to what a box's name may contain; the caller frees it. */
char *folder_box_name(const char *dir);

#endif
