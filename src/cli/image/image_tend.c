/*
 * image_tend.c - managing the names of the store: tag and rm.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/image/image_common.h"
#include "cli/image/image_needs.h"
#include "cli/image_commands.h"
#include "image/gc.h"
#include "image/layout.h"
#include "rootfs/host_image.h"
#include "store/lease.h"

int image_cmd_tag(const struct args *args, int *ret_status, struct err *e)
{
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	cleanup_reference struct reference to = {0};
	cleanup_free char *name = NULL, *new_name = NULL;
	struct ref ref;
	int r = image_tools_open(&t, e);

	(void)ret_status;
	if (r == 0)
		r = image_tools_find(&t, args->v[0], &name, &ref, e);
	if (r == 0)
		r = reference_parse(args->v[1], t.conf.registry, &to, e);
	if (r == 0 && to.digest.hex[0])
		r = err_set(e, ERR_USAGE, "'%s' has a digest: a new name can only have a tag",
			    args->v[1]);
	if (r < 0)
		return r;
	new_name = ref_name(&to);
	r = ref_write(t.store.fd, new_name, &ref, e);
	return r < 0 ? r : layout_update(&t.store, e);
}

/* Any name that is listed, whatever its file contains. */
static int find_to_remove(const struct image_tools *t, const char *word, struct strv *drop,
			  struct err *e)
{
	cleanup_reference struct reference ref = {0};
	cleanup_strv struct strv names = {0};
	cleanup_free char *listed = NULL;
	struct err ignored;
	char *name;
	struct ref target;
	int r = ref_list(t->store.fd, &names, e);

	if (r == 0 && reference_parse(word, t->conf.registry, &ref, &ignored) == 0)
		listed = ref_name(&ref);
	if (r == 0 && listed && strv_has(&names, listed)) {
		strv_push(drop, listed);
		return 0;
	}
	if (r == 0)
		r = image_tools_find(t, word, &name, &target, e);
	if (r == 0)
		strv_push_take(drop, name);
	return r;
}

/* The image `host` has no name in the store: removes what was made from this machine. */
static int forget_host(struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	int r = store_open(&s, e);

	return r < 0 ? r : host_image_forget(&s, e);
}

static int remove_names(struct image_tools *t, const struct strv *drop, struct err *e)
{
	cleanup_needs struct needs needs = {0};
	struct gc_request req = {.store = &t->store,
				 .in_use = &needs.images,
				 .users = &needs.users,
				 .running = &needs.running,
				 .drop = drop,
				 .asked = true};
	struct gc_result result;
	int r = 0;

	if (store_lease_take_alone(t->store.lease, 0)) {
		r = needs_find_all(&needs, e);
		return r < 0 ? r : image_gc(&req, &result, e);
	}
	/* While others pull or start, their layers must stay: the next prune or rm removes them. */
	for (size_t i = 0; r == 0 && i < drop->n; i++)
		r = ref_remove(t->store.fd, drop->v[i], e);
	return r < 0 ? r : layout_update(&t->store, e);
}

int image_cmd_rm(const struct args *args, int *ret_status, struct err *e)
{
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	cleanup_strv struct strv drop = {0};
	struct err missing = {0};
	bool host = false;
	int r = image_tools_open(&t, e);

	(void)ret_status;
	/* A missing one does not stop the others: a killed rm may already have removed it. */
	for (int i = 0; r == 0 && i < args->n; i++) {
		if (streq(args->v[i], "host"))
			host = true;
		else
			r = find_to_remove(&t, args->v[i], &drop, e);
		if (r == -ENOENT) {
			if (missing.code)
				log_warn("%s", missing.msg);
			missing = *e;
			r = 0;
		}
	}
	if (r == 0 && host)
		r = forget_host(e);
	if (r == 0 && drop.n)
		r = remove_names(&t, &drop, e);
	if (r == 0 && missing.code)
		*e = missing;
	return r < 0 ? r : -missing.code;
}
