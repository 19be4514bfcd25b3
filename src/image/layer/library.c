/*
 * library.c - see library.h.
 */
#include "image/layer/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

static int find(struct library *l, struct err *e)
{
	void *library = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; library && i < l->n; i++)
		if (!dlsym(library, l->functions[i].name))
			library = NULL;
	if (!library)
		return err_set(e, ELIBACC, "cannot load %s: %s", l->need, dlerror());
	for (size_t i = 0; i < l->n; i++) {
		void *f = dlsym(library, l->functions[i].name);

		memcpy(l->functions[i].pointer, &f, sizeof(f));
	}
	return 0;
}

int library_load(struct library *l, struct err *e)
{
	int r = 0;

	pthread_mutex_lock(&l->lock);
	if (!l->loaded)
		r = find(l, e);
	l->loaded = r == 0;
	pthread_mutex_unlock(&l->lock);
	return r;
}
