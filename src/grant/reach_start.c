/*
 * reach_start.c - what the start of a box takes from what its project was given.
 */
#include "grant/reach.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/mounts.h"
#include "grant/repository.h"

/* Caches of shipped profiles, which are the project's own now. */
static bool has_own_caches(const struct settings *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].from == SETTING_FROM_SHIPPED && !s->v[i].shared &&
		    setting_is(&s->v[i], KEY_MOUNTS))
			return true; /* shipped profiles have no others */
	return false;
}

void reach_share_caches(struct settings *s, const char *home, const struct strv *granted,
			const struct reach_asker *asker)
{
	struct mount_setting *v = NULL;
	struct err ignored; /* reported when the mounts are used */
	size_t n = 0;

	if (settings_mounts(s, home, &v, &n, &ignored) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *cache = xasprintf("cache:%s", v[i].source);
		cleanup_strv struct strv line = {0};

		if (!v[i].own)
			continue;
		reach_add_mount(cache, v[i].target, v[i].read_only, &line);
		s->v[v[i].at].shared = asker->accepts || strv_has(granted, line.v[0]);
	}
	mount_settings_free(v, n);
}

int reach_settle(const struct box *b, struct settings *s, const char *home,
		 const struct repository *repository, const struct strv *granted,
		 const struct reach_asker *asker, struct err *e)
{
	cleanup_strv struct strv given = {0}, outside = {0};
	int r;

	repository_reach(repository, &outside);
	if (!outside.n && !has_own_caches(s))
		return 0;
	r = reach_kept(b, &given, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < granted->n; i++)
		strv_push(&given, granted->v[i]);
	reach_share_caches(s, home, &given, asker);
	repository_settle(s, &outside, &given, asker);
	return 0;
}
