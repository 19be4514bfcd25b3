/*
 * service_tie.h - what makes a box a service: the file `service` in its directory.
 *
 * A service's box has no project in its record, so that nothing takes it for the project's box; an
 * older sandbox sees a box without a project. It belongs to the project's directory itself
 * (folder_mark()), wherever that is moved to, and is found by an entry of STORE_PROJECTS whose key
 * is made from the directory's mark and the service's name.
 */
#ifndef BOX_SERVICE_TIE_H
#define BOX_SERVICE_TIE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"
#include "store/name.h"

struct service_tie {
	char *name;	     /* of the service */
	char *mark;	     /* folder_mark() of the project's directory */
	char *project;	     /* where that was at the last `up` */
	char *user;	     /* whom it runs as, USER[:GROUP]; NULL: you */
	struct strv volumes; /* their ids: they are in use as long as the box exists */
};

void service_tie_clear(struct service_tie *t);
#define cleanup_service_tie __attribute__((cleanup(service_tie_clear)))

/* dirfd: the box's directory. -ENOENT: it is no service. *ret is untouched on failure. */
int service_tie_read(int dirfd, struct service_tie *ret, struct err *e);
int service_tie_write(const struct service_tie *t, int dirfd, struct err *e);

/* Do they say the same? */
bool service_tie_equal(const struct service_tie *a, const struct service_tie *b);

/* The key in STORE_PROJECTS. */
struct store_key service_tie_key(const char *mark, const char *name);

#endif
