/*
 * moved.h - a project's directory is known by more than its path: moved or renamed, it keeps its box.
 */
#ifndef BOX_MOVED_H
#define BOX_MOVED_H

#include "box/box.h"

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

/* Does the box run, and is what it runs with another directory than the one that is there now? */
bool box_folder_replaced(const struct box *b);

/* Can it be one? Keys are made of it. */
bool folder_id_valid(const char *id);

/* The key of a directory in STORE_PROJECTS and STORE_TRIALS, from its id; the caller frees. */
char *folder_key(const char *id);

/*
 * Is dir the directory of the box's project, which is not any more where the record has it? Then
 * b->project is dir from now on, and b->moved_from what it was.
 */
bool box_has_moved(struct box *b, const char *dir);

/*
 * Brings the record of a locked box that does not run up to where its project is by now, with a note when
 * it has moved; a record from before ids were kept gains one.
 */
int box_follow(const struct store *s, struct box *b, struct err *e);

/* Removes the entries of the box's project from the index, where it was too. */
void box_forget_project(const struct store *s, const struct box *b);

/* The same for a box that was found by where its project is by now, unless it runs. */
int box_follow_at_rest(const struct store *s, struct box *b, struct err *e);

/* Is the directory of the box's project known not to be there? */
bool box_project_gone(const struct box *b);

/* Gives a locked box another name; -EEXIST when that is another's. */
int box_rename(const struct store *s, struct box *b, const char *name, struct err *e);

#endif
