/*
 * volume.h - the volumes of projects: directories that outlive the boxes that use them.
 *
 *	DATA/volumes/<id>/record	name, mark, project, label; or service and target
 *	DATA/volumes/<id>/data/		what the boxes see
 *	DATA/volumes/<id>/new		data is not filled yet: what is in it is thrown away
 *
 * A volume belongs to a project's directory, wherever that is moved to: by its label, or without
 * one by the service and the directory in it. It is in use as long as there is a service's box that has
 * it (service_tie.h), running or not, and while a project's box runs that has it; whoever makes or
 * removes boxes of services, volumes or their uses takes the lock on DATA/volumes first.
 */
#ifndef BOX_VOLUME_H
#define BOX_VOLUME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "store/store.h"

struct volume {
	char *id;
	char *name;    /* unique: PROJECT.LABEL; without a label the id */
	char *mark;    /* folder_mark() of the project's directory */
	char *project; /* where that was */
	char *label;   /* or NULL: */
	char *service, *target;
	long long created; /* seconds since 1970 */
	char *user;	   /* the name of a box that has it, or NULL; only from volume_list() */
	bool by_service;   /* that box is one of a service */
};

void volume_clear(struct volume *v);

struct volume_list {
	struct volume *v;
	size_t n;
};

void volume_list_clear(struct volume_list *l);
#define cleanup_volume_list __attribute__((cleanup(volume_list_clear)))

/* By name. A volume whose record cannot be read is an error: a list is complete. */
int volume_list(const struct store *s, struct volume_list *ret, struct err *e);

/* The lock on DATA/volumes, which is made if it is missing. */
int volume_lock(const struct store *s, int *ret_fd, struct err *e);

/*
 * The volume that want describes (its mark, project, and label or service and target); makes it,
 * called base.LABEL, if there is none. The caller holds volume_lock(), and frees *ret_id.
 */
int volume_make(const struct store *s, const struct volume *want, const char *base, char **ret_id,
		struct err *e);

/* The volumes that a project's box has, from its next start on. The caller holds volume_lock(). */
int volume_set_uses(int box_dirfd, const struct strv *ids, struct err *e);

/* The directory that boxes see; the caller frees it. */
char *volume_data(const struct store *s, const char *id);

/*
 * Before a start: must it be filled from the image? Then it is empty, and *ret_mark is the file
 * that whoever has filled it removes; the caller frees it. *lock, -1 at first, keeps other starts
 * from filling volumes until it is closed. Returns 1, 0 or an error.
 */
int volume_begin(const struct store *s, const char *id, int *lock, char **ret_mark, struct err *e);

/* The caller holds volume_lock() and has seen that no box has it. */
int volume_remove(const struct store *s, const char *id, struct err *e);

/* The bytes that it takes on disk. */
int volume_usage(const struct store *s, const char *id, unsigned long long *ret, struct err *e);

#endif
