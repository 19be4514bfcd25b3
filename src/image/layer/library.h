/*
 * library.h - a library that is loaded when it is first needed, not with the program.
 *
 * The program is not linked with it: a struct has a pointer to each of its functions that we call,
 * and a call by the name alone fails to link.
 */
#ifndef IMAGE_LAYER_LIBRARY_H
#define IMAGE_LAYER_LIBRARY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct library_function {
	const char *name;
	void *pointer; /* where it is set */
};

/* A static variable with PTHREAD_MUTEX_INITIALIZER. */
struct library {
	const char *file; /* with its ABI: "libx.so.1" */
	const char *need; /* "libx, which ys need" */
	const struct library_function *functions;
	size_t n;
	pthread_mutex_t lock;
	bool loaded;
};

/*
 * Sets all pointers, or none; any thread may call it, often. ELIBACC: it cannot be loaded, or lacks
 * a function.
 */
int library_load(struct library *l, struct err *e);

#endif
