/*
 * caches.h - the directories of `cache:NAME`.
 *
 *	DATA/caches/NAME			shared by projects
 *	DATA/caches/NAME.<folder_mark()>	a project's own
 */
#ifndef BOX_CACHES_H
#define BOX_CACHES_H

#include "base/err.h"
#include "store/store.h"

/*
 * Makes a cache if it is missing; project NULL: the shared one. *ret is its absolute path; the
 * caller frees it.
 */
int cache_make(const struct store *s, const char *name, const char *project, char **ret,
	       struct err *e);

#endif
