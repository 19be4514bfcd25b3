/*
 * first_names.c - a tree of inodes.
 */
#include "base/first_names.h"

#include <search.h>
#include <stdlib.h>

#include "base/mem.h"

struct first_names {
	void *tree; /* tsearch(3) of struct inode */
};

struct inode {
	dev_t dev;
	ino_t ino;
	char *name;
};

static int by_inode(const void *a, const void *b)
{
	const struct inode *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static void free_inode(void *p)
{
	struct inode *i = p;

	free(i->name);
	free(i);
}

const char *first_names_of(struct first_names **list, const struct stat *st, const char *name)
{
	struct inode *i, **found;

	if (st->st_nlink < 2 || S_ISDIR(st->st_mode))
		return NULL;
	if (!*list)
		*list = xcalloc(1, sizeof(**list));
	i = xcalloc(1, sizeof(*i));
	*i = (struct inode){.dev = st->st_dev, .ino = st->st_ino, .name = xstrdup(name)};
	found = tsearch(i, &(*list)->tree, by_inode);
	if (*found == i)
		return NULL;
	free_inode(i);
	return (*found)->name;
}

void first_names_free(struct first_names **list)
{
	if (*list)
		tdestroy((*list)->tree, free_inode);
	free(*list);
	*list = NULL;
}
