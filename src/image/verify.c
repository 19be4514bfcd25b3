/*
 * verify.c - reading all of the store.
 *
 * A blob is checked once, however many images need it. Of an unpacked layer it is checked that it is
 * there: its files carry no digests; they are made anew from the blob by removing and preparing.
 */
#include "image/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "image/hash.h"
#include "image/install.h"
#include "image/ref.h"

struct verify {
	const struct image_store *store;
	const struct verify_report *report;
	struct strv seen; /* hex of blobs that were read */
	size_t problems;
};

static void problem(struct verify *v, const char *kind, const char *name, const char *what)
{
	v->problems++;
	v->report->problem(v->report->ctx, kind, name, what);
}

static void check_blob(struct verify *v, const struct digest *d)
{
	cleanup_hash struct hash *h = NULL;
	cleanup_close int fd = -1;
	struct digest_text name = digest_text(d);
	struct digest actual;
	struct err e;

	if (strv_has(&v->seen, d->hex))
		return;
	strv_push(&v->seen, d->hex);
	if (blob_open(v->store, d, &fd, &e) < 0) {
		problem(v, "blob", name.s, "is missing");
		return;
	}
	h = hash_new();
	if (hash_fd(h, fd, name.s, &e) < 0) {
		problem(v, "blob", name.s, e.msg);
		return;
	}
	hash_final(h, &actual);
	if (!digest_equal(&actual, d))
		problem(v, "blob", name.s, "is corrupt: its bytes have another digest");
}

static void check_layers(struct verify *v, const struct manifest *m, const struct image_config *c)
{
	struct digest chain = {0};

	for (size_t i = 0; i < m->n_layers; i++) {
		struct digest below = chain;
		cleanup_free char *path = NULL;

		check_blob(v, &m->layers[i].digest);
		layer_chain_id(&below, &c->diff_ids[i], &chain);
		path = layer_find(v->store, &chain);
		if (!path)
			problem(v, "layer", chain.hex, "is not unpacked: the next start does it");
	}
}

static void check_name(struct verify *v, const char *name)
{
	cleanup_manifest struct manifest m = {0};
	cleanup_config struct image_config c = {0};
	struct ref ref;
	struct err e;

	if (ref_read(v->store->fd, name, &ref, &e) < 0 ||
	    image_load(v->store, &ref.manifest, &m, &c, &e) < 0) {
		problem(v, "image", name, e.msg);
		return;
	}
	check_blob(v, &ref.manifest);
	if (ref.index.hex[0])
		check_blob(v, &ref.index);
	check_blob(v, &m.config.digest);
	check_layers(v, &m, &c);
}

static int check_other_blobs(struct verify *v, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = dir_names(v->store->fd, "blobs/sha256", &names, e);

	if (r < 0)
		return err_add(e, "'%s'", v->store->path);
	for (size_t i = 0; i < names.n; i++) {
		struct digest digest = {0};

		if (digest_valid_hex(names.v[i])) {
			memcpy(digest.hex, names.v[i], DIGEST_HEX_LEN);
			check_blob(v, &digest);
		} else if (names.v[i][0] != '.') {
			problem(v, "blob", names.v[i], "is no digest");
		}
	}
	return 0;
}

int image_verify(const struct image_store *s, const struct strv *names,
		 const struct verify_report *report, size_t *ret_problems, struct err *e)
{
	struct verify v = {.store = s, .report = report};
	cleanup_strv struct strv all = {0};
	int r = names ? 0 : ref_list(s->fd, &all, e);

	if (!names)
		names = &all;
	for (size_t i = 0; r == 0 && i < names->n; i++)
		check_name(&v, names->v[i]);
	if (r == 0 && names == &all)
		r = check_other_blobs(&v, e);
	strv_clear(&v.seen);
	*ret_problems = v.problems;
	return r;
}
