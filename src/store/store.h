/*
 * store.h - where boxes are on disk, and the locks and indexes around them.
 *
 *	DATA/format-3		the number of this layout (format.h)
 *	DATA/boxes/<id>/	record, lock, upper/, work/, home/	a box, kept until rm
 *	DATA/names/<name>	symlink to an id
 *	DATA/projects/<key>	symlink to an id; the key is store_key() of the directory's path
 *	DATA/trials/<key>	the same for what `sandbox try` made for the directory
 *	DATA/caches/<name>/	directories that projects share; <name>.<directory>: one project's
 *	DATA/layers/host-<key>/	the small layer of the image `host`
 *	DATA/layers/step-<key>/	written by a step; DATA/steps/<key> names it (prepared.h)
 *	DATA/bounds/<directory>	what binds a project whose box was removed (kept.h)
 *	DATA/agreed/<key>	what `init` wrote for a project: the user agreed to it (reach.h)
 *	DATA/devcontainers/<key>	a devcontainer.json, resolved: a cache (config/load_devcontainer.c)
 *	DATA/tmp/		work in progress
 *	RUNTIME/<id>/		control socket, which needs a login; the lock says where it is
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/mem.h"
#include "store/name.h"

struct store {
	char *data;		 /* $XDG_DATA_HOME/sandbox, symlinks resolved */
	char *runtime;		 /* $XDG_RUNTIME_DIR/sandbox, symlinks resolved */
	int data_fd, runtime_fd; /* O_PATH */
};

#define STORE_INIT                              \
	{                                       \
		.data_fd = -1, .runtime_fd = -1 \
	}

/* Opens the store; makes missing directories (0700) and converts an older format (format.h). */
int store_open(struct store *s, struct err *e);
void store_close(struct store *s);
#define cleanup_store __attribute__((cleanup(store_close)))

/*
 * The indexes map a name or a project directory to an id. lookup returns 0 and the id, -ENOENT if
 * there is no entry, or another -errno if that is unknown. set returns -EEXIST if the entry exists.
 * clear removes it only if it still refers to id.
 */
int store_lookup(const struct store *s, const char *index, const char *key,
		 char id[BOX_ID_LEN + 1]);
int store_index_set(const struct store *s, const char *index, const char *key, const char *id,
		    struct err *e);
void store_index_clear(const struct store *s, const char *index, const char *key, const char *id);

/* Removes every entry that refers to id, for callers who do not know its name. */
void store_index_drop(const struct store *s, const char *index, const char *id);

#define STORE_NAMES    "names"
#define STORE_PROJECTS "projects"
#define STORE_TRIALS   "trials"

/* Lists all boxes, whichever runtime directory they were started with. */
int store_list(const struct store *s, struct strv *ret_ids, struct err *e);

/*
 * Lists what is named like a box in this login's runtime directory; it may belong to another data
 * directory.
 */
int store_list_runtime(const struct store *s, struct strv *ret_ids, struct err *e);

/*
 * Moves boxes/<id> out of sight at once; store_delete_hidden() deletes it afterwards. A missing one
 * is fine.
 */
int store_hide_box(const struct store *s, const char *id, struct err *e);
int store_delete_hidden(const struct store *s, const char *id, struct err *e);

/* Removes path, of any type: moves it into tmp/ at once, then deletes it bit by bit. */
int store_discard(const struct store *s, const char *path, struct err *e);

/*
 * Makes the directory tmp/<kind>-<id> for work that takes time; the caller frees *ret_path, beneath
 * DATA. The lock on *ret_fd holds it until that is closed: a sweep removes only what is old and not
 * held, however long the machine slept meanwhile.
 */
int store_make_tmp(const struct store *s, const char *kind, mode_t mode, char **ret_path,
		   int *ret_fd, struct err *e);

/* Deletes RUNTIME/<id>. */
void store_remove_runtime(const struct store *s, const char *id);

#endif
