/*
 * service_box.h - finding the boxes of services, and whether they may run.
 */
#ifndef BOX_SERVICE_BOX_H
#define BOX_SERVICE_BOX_H

#include <stdbool.h>

#include "base/err.h"
#include "box/lifecycle.h"

/* The box of that service of the directory; -ENOENT: there is none. */
int service_box_find(const struct store *s, const char *mark, const char *name, struct box *ret,
		     struct err *e);

/*
 * The boxes of all services of the directory, parked, by name; those of all directories: mark NULL.
 */
int service_box_list(const struct store *s, const char *mark, struct box_list *ret, struct err *e);

/*
 * Was it stopped by its user? Then nothing starts it but `up`. The mark is on disk before the box
 * is told to stop.
 */
bool service_box_is_stopped(const struct box *b);
int service_box_set_stopped(const struct box *b, bool stopped, struct err *e);

#endif
