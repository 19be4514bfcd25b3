/*
 * service_tie.c - what makes a box a service.
 */
#include "box/service_tie.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/kv.h"

#define TIE "service"

void service_tie_clear(struct service_tie *t)
{
	free(t->name);
	free(t->mark);
	free(t->project);
	free(t->user);
	strv_clear(&t->volumes);
	*t = (struct service_tie){0};
}

static int tie_take(const struct kv *kv, struct service_tie *ret, struct err *e)
{
	if (!kv_get(kv, "name") || !kv_get(kv, "mark"))
		return err_set(e, EUCLEAN, "it is cut off");
	ret->name = xstrdup(kv_get(kv, "name"));
	ret->mark = xstrdup(kv_get(kv, "mark"));
	ret->project = xstrdup(kv_get(kv, "project"));
	ret->user = xstrdup(kv_get(kv, "user"));
	for (size_t i = 0; i < kv->keys.n; i++)
		if (streq(kv->keys.v[i], "volume"))
			strv_push(&ret->volumes, kv->values.v[i]);
	return 0;
}

int service_tie_read(int dirfd, struct service_tie *ret, struct err *e)
{
	cleanup_kv struct kv kv = {0};
	int r = kv_read(&kv, dirfd, TIE, e);

	if (r == 0)
		r = tie_take(&kv, ret, e);
	return r < 0 && r != -ENOENT ? err_add(e, "the file '" TIE "' of a box") : r;
}

int service_tie_write(const struct service_tie *t, int dirfd, struct err *e)
{
	cleanup_kv struct kv kv = {0};

	kv_set(&kv, "name", t->name);
	kv_set(&kv, "mark", t->mark);
	kv_set(&kv, "project", t->project);
	kv_set(&kv, "user", t->user);
	for (size_t i = 0; i < t->volumes.n; i++)
		kv_add(&kv, "volume", t->volumes.v[i]);
	return kv_write(&kv, dirfd, TIE, e);
}

static bool same(const char *a, const char *b)
{
	return a && b ? streq(a, b) : !a && !b;
}

bool service_tie_equal(const struct service_tie *a, const struct service_tie *b)
{
	if (!same(a->name, b->name) || !same(a->mark, b->mark) || !same(a->project, b->project) ||
	    !same(a->user, b->user) || a->volumes.n != b->volumes.n)
		return false;
	for (size_t i = 0; i < a->volumes.n; i++)
		if (!streq(a->volumes.v[i], b->volumes.v[i]))
			return false;
	return true;
}

struct store_key service_tie_key(const char *mark, const char *name)
{
	cleanup_free char *text = xasprintf("service %s\n%s", mark, name);

	return store_key(text);
}
