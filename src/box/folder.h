/*
 * folder.h - a project's directory: what it is known by wherever it is moved, and what its box is called.
 */
#ifndef BOX_FOLDER_H
#define BOX_FOLDER_H

#include <stdbool.h>

/*
 * What a directory keeps wherever it is moved in its file system: file system, inode and time of birth, as a
 * word that can be a file's name. A copy has others. NULL when it cannot be told, as where no times of
 * birth are kept: such a directory is known by its path alone. The caller frees.
 */
char *folder_id(const char *dir);

/*
 * The same for consent, which is to be known from any other: where no times of birth are kept, file system
 * and inode. NULL when there is no such directory.
 */
char *folder_mark(const char *dir);

/* Is the directory known to be younger than that, in seconds since 1970? */
bool folder_born_after(const char *dir, long long seconds);

/* Can it be one? Keys are made of it. */
bool folder_id_valid(const char *id);

/* The key of a directory in STORE_PROJECTS and STORE_TRIALS, from its id; the caller frees. */
char *folder_key(const char *id);

/* What of a directory's name can stand in a box's name; the caller frees. */
char *folder_box_name(const char *dir);

#endif
