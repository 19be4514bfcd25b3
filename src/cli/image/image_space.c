/*
 * image_space.c - the disk space of the store: df reports it, prune frees what nothing needs.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/path.h"
#include "base/usage.h"
#include "box/lifecycle.h"
#include "cli/image/image_common.h"
#include "cli/image/image_needs.h"
#include "cli/image_commands.h"
#include "config/devcontainer_file.h"
#include "image/gc.h"
#include "store/lease.h"

/* A box whose launcher was killed at the start uses its images until it has ended by itself. */
#define ENDING_MS 2000

struct usage {
	const char *what;
	size_t count;
	uint64_t bytes;
	bool unknown;
};

static void print_pruned(const struct gc_result *g, const struct usage *caches,
			 const struct prune_cli *cli)
{
	struct json j = JSON_INIT;

	if (!cli->json) {
		printf("%s %zu names, %zu layers, %zu blobs, %zu plans, %zu temporary files",
		       cli->dry_run ? "would remove" : "removed", g->names, g->layers, g->blobs,
		       g->plans, g->temporary);
		if (cli->caches)
			printf(", %zu caches", caches->count);
		printf(": %s\n", size_text(g->bytes + caches->bytes).s);
		return;
	}
	jsonout_object_begin(&j, NULL);
	jsonout_number(&j, "names", (long long)g->names);
	jsonout_number(&j, "layers", (long long)g->layers);
	jsonout_number(&j, "blobs", (long long)g->blobs);
	jsonout_number(&j, "plans", (long long)g->plans);
	jsonout_number(&j, "temporary", (long long)g->temporary);
	if (cli->caches)
		jsonout_number(&j, "caches", (long long)caches->count);
	jsonout_number(&j, "bytes", (long long)g->bytes + (long long)caches->bytes);
	jsonout_object_end(&j);
	jsonout_print(&j);
}

/* --all: the names whose image no box was made from. */
static int unused_names(const struct image_tools *t, const struct strv *in_use, struct strv *ret,
			struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = ref_list(t->store.fd, &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		struct ref ref;
		struct err ignored;

		/* Marking what names need reports those that cannot be read. */
		if (ref_read(t->store.fd, names.v[i], &ref, &ignored) == 0 &&
		    !strv_has(in_use, ref.manifest.hex))
			strv_push(ret, names.v[i]);
	}
	return r;
}

/* The entries of a directory of the store; a missing one is empty. */
static int list_entries(const struct image_store *s, const char *folder, struct strv *ret,
			struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = dir_names(s->fd, folder, &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++)
		if (names.v[i][0] != '.')
			strv_push(ret, names.v[i]);
	return r == 0 || r == -ENOENT ? 0 : err_add(e, "'%s'", s->path);
}

static uint64_t size_of(const struct image_store *s, const char *folder, const char *name)
{
	cleanup_free char *path = path_join(folder, name);
	uint64_t bytes = 0;
	bool whole = false;
	struct err ignored;
	int r = usage_of_tree(s->fd, path, &bytes, &whole, &ignored);

	/* Others may be removing files. */
	if (!whole && r != -ENOENT)
		log_note("'%s/%s' cannot be read completely: it is larger", s->path, path);
	return bytes;
}

/* Running boxes may have caches mounted, and it is not recorded which: so no box may run. */
static int check_caches(struct err *e)
{
	cleanup_box_list struct box_list boxes = {0};
	cleanup_store struct store s = STORE_INIT;
	int r = box_list_of_store(&s, &boxes, e);

	for (size_t i = 0; r >= 0 && i < boxes.n; i++) {
		r = box_list_open(&s, &boxes, i, e);
		if (r > 0 && box_is_running(&boxes.v[i]))
			r = err_set(e, EBUSY,
				    "box '%s' runs and may use caches: 'sandbox stop --all' first",
				    boxes.v[i].name);
	}
	return r < 0 ? r : 0;
}

/* Counts the caches, and removes them unless it is a dry run. */
static int prune_caches(const struct image_store *s, bool dry_run, struct usage *out, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = list_entries(s, "caches", &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		cleanup_free char *path = path_join("caches", names.v[i]);
		uint64_t bytes = size_of(s, "caches", names.v[i]);

		if (!dry_run && (r = image_store_discard(s, path, e)) < 0)
			break;
		out->count++;
		out->bytes += bytes;
	}
	return r;
}

int image_cmd_prune(const struct args *args, int *ret_status, struct err *e)
{
	const struct prune_cli *cli = args->options;
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	cleanup_strv struct strv drop = {0};
	cleanup_needs struct needs needs = {0};
	struct gc_request req = {.store = &t.store,
				 .in_use = &needs.images,
				 .users = &needs.users,
				 .running = &needs.running,
				 .steps = &needs.steps,
				 .drop = &drop,
				 .partial = true,
				 .dry_run = cli->dry_run};
	struct usage caches = {0};
	struct gc_result result;
	int r = image_tools_open(&t, e);

	(void)ret_status;
	if (r < 0)
		return r;
	if (!store_lease_take_alone(t.store.lease, ENDING_MS))
		return err_set(e, EBUSY,
			       "another command is using images (a pull, or a box that starts): "
			       "try again when it has ended");
	r = cli->caches ? check_caches(e) : 0;
	if (r == 0)
		r = needs_find_all(&needs, e);
	if (r == 0 && cli->all)
		r = unused_names(&t, &needs.images, &drop, e);
	if (r == 0)
		r = image_gc(&req, &result, e);
	if (r == 0 && cli->caches)
		r = prune_caches(&t.store, cli->dry_run, &caches, e);
	if (r < 0)
		return r;
	if (!cli->dry_run)
		devcontainer_prune(t.store.fd, NULL);
	print_pruned(&result, &caches, cli);
	return 0;
}

/* Counts the entries of a directory of the store with names of this kind. */
static int count(const struct image_store *s, const char *folder, struct usage *u, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = list_entries(s, folder, &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		cleanup_free char *path = path_join(folder, names.v[i]);
		struct stat st;

		/* A symlink is the name that a layer had in format 2. */
		if (fstatat(s->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
			continue;
		u->count += !ends_with(names.v[i], ".meta");
		u->bytes += size_of(s, folder, names.v[i]);
	}
	return r;
}

static void print_usage(const struct usage *v, size_t n, bool as_json)
{
	struct json j = JSON_INIT;

	if (!as_json) {
		printf("%-12s  %6s  %9s\n", "WHAT", "COUNT", "SIZE");
		for (size_t i = 0; i < n; i++) {
			if (v[i].unknown)
				printf("%-12s  %6s  %9s\n", v[i].what, "-", "-");
			else
				printf("%-12s  %6zu  %9s\n", v[i].what, v[i].count,
				       size_text(v[i].bytes).s);
		}
		return;
	}
	jsonout_object_begin(&j, NULL);
	for (size_t i = 0; i < n; i++) {
		if (v[i].unknown) {
			jsonout_string(&j, v[i].what, NULL);
			continue;
		}
		jsonout_object_begin(&j, v[i].what);
		jsonout_number(&j, "count", (long long)v[i].count);
		jsonout_number(&j, "bytes", (long long)v[i].bytes);
		jsonout_object_end(&j);
	}
	jsonout_object_end(&j);
	jsonout_print(&j);
}

/* What prune would remove; unknown if it would refuse to, with the reason. */
static void count_reclaimable(struct image_tools *t, struct usage *u)
{
	cleanup_needs struct needs needs = {0};
	struct gc_request req = {.store = &t->store,
				 .in_use = &needs.images,
				 .users = &needs.users,
				 .running = &needs.running,
				 .steps = &needs.steps,
				 .partial = true,
				 .dry_run = true};
	struct gc_result result;
	struct err e;
	int r = needs_find_all(&needs, &e);

	if (r == 0)
		r = image_gc(&req, &result, &e);
	u->unknown = r < 0;
	if (r < 0) {
		log_warn("%s", e.msg);
		return;
	}
	u->count = result.layers + result.blobs + result.temporary;
	u->bytes = result.bytes;
}

int image_cmd_df(const struct args *args, int *ret_status, struct err *e)
{
	static const char *const folders[] = {"layers", "blobs/sha256", "boxes", "caches"};
	const struct image_json_cli *cli = args->options;
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	cleanup_strv struct strv names = {0};
	struct usage u[] = {{.what = "images"}, {.what = "layers"}, {.what = "blobs"},
			    {.what = "boxes"},	{.what = "caches"}, {.what = "reclaimable"}};
	int r = image_tools_open(&t, e);

	(void)ret_status;
	if (r == 0)
		r = ref_list(t.store.fd, &names, e);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++)
		r = count(&t.store, folders[i], &u[i + 1], e);
	if (r < 0)
		return r;
	u[0].count = names.n;
	u[0].bytes = u[1].bytes + u[2].bytes;
	count_reclaimable(&t, &u[5]);
	print_usage(u, ARRAY_SIZE(u), cli->json);
	return 0;
}
