/*
 * caches.h - the directories behind `cache:NAME`.
 *
 *	DATA/caches/NAME			what projects share
 *	DATA/caches/NAME.<folder_mark()>	a project's own
 */
#ifndef BOX_CACHES_H
#define BOX_CACHES_H

#include "base/err.h"
#include "store/store.h"

/* Makes a cache where it is missing; project NULL: that of all. The caller frees *ret, its absolute path. */
int cache_make(const struct store *s, const char *name, const char *project, char **ret,
	       struct err *e);

#endif
