/*
 * pick.c - see pick.h. An entry's claims are trusted until it is fetched, and then compared.
 */
#include "image/document/pick.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "image/document/image_config.h"

struct search {
	const struct pick *p;
	int documents;	  /* number that may still be read */
	struct buf there; /* platforms of images that do not fit */
	struct err other; /* why the last entry was not an image; code 0: none */
};

struct found {
	bool yes, by_index;
	struct digest manifest;
	struct digest outermost; /* index by which it was found; hex "": none */
};

static int search(struct search *s, const struct image_index *index, int depth, struct found *found,
		  struct err *e);

static bool is_unknown(const char *word)
{
	return word && strcasecmp(word, "unknown") == 0;
}

/* BuildKit's attestations have the platform unknown/unknown. */
static bool may_be_image(const struct index_entry *entry)
{
	return document_type_known(entry->d.media_type) && !entry->attestation &&
	       (!entry->artifact_type || config_type_known(entry->artifact_type)) &&
	       !is_unknown(entry->platform.os) && !is_unknown(entry->platform.arch);
}

static void note_platform(struct search *s, const struct platform *p)
{
	cleanup_free char *text = platform_text(p);

	buf_addf(&s->there, "%s%s", s->there.len ? ", " : "", text);
}

/* An entry that is not an image is skipped, whatever else is wrong with it. */
static int pass_over(struct search *s, const struct err *why)
{
	s->other = *why;
	return 0;
}

/* A config without a platform does not exclude it. */
static int config_fits(struct search *s, const struct manifest *m, bool *ret, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_config struct image_config c = {0};
	int r = s->p->need(s->p->ctx, &m->config, true, e);

	if (r < 0)
		return r;
	r = blob_read(s->p->store, &m->config.digest, CONFIG_MAX_BYTES, &text, e);
	if (r == 0)
		r = config_parse(text.data, text.len, &c, e);
	if (r < 0)
		return pass_over(s, e);
	*ret = !c.platform.os || !c.platform.arch || platform_fitness(&c.platform, s->p->want);
	if (!*ret)
		note_platform(s, &c.platform);
	return 0;
}

static int take_manifest(struct search *s, const struct buf *text, bool fits, struct found *found,
			 struct err *e)
{
	cleanup_manifest struct manifest m = {0};
	int r = manifest_parse(text->data, text->len, &m, e);

	if (r == 0)
		r = manifest_is_image(&m, e);
	if (r < 0)
		return pass_over(s, e);
	found->yes = fits;
	return fits ? 0 : config_fits(s, &m, &found->yes, e);
}

static int check_size(const struct descriptor *d, const struct buf *text, struct err *e)
{
	return text->len == d->size
		       ? 0
		       : err_set(e, EBADMSG, "the index says that %s has %llu bytes: it has %zu",
				 digest_text(&d->digest).s, (unsigned long long)d->size, text->len);
}

/* fits: the platform matches, as far as known; else the config is checked. */
static int try_entry(struct search *s, const struct index_entry *entry, bool fits, int depth,
		     struct found *found, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_index struct image_index index = {0};
	enum document kind;
	int r;

	if (depth > PICK_MAX_DEPTH || s->documents-- == 0)
		return err_set(e, ELOOP, "the index leads on and on: at most %d documents are read",
			       PICK_MAX_DOCUMENTS);
	r = s->p->need(s->p->ctx, &entry->d, false, e);
	if (r == 0)
		r = blob_read(s->p->store, &entry->d.digest, MANIFEST_MAX_BYTES, &text, e);
	if (r == 0)
		r = check_size(&entry->d, &text, e);
	if (r < 0)
		return r;
	r = document_kind(text.data, text.len, entry->d.media_type, &kind, e);
	if (r == 0 && kind == DOCUMENT_INDEX)
		r = image_index_parse(text.data, text.len, &index, e);
	if (r < 0)
		return pass_over(s, e);
	if (kind == DOCUMENT_INDEX) {
		r = search(s, &index, depth + 1, found, e);
		found->by_index = true;
		return r;
	}
	found->manifest = entry->d.digest;
	found->by_index = false;
	return take_manifest(s, &text, fits, found, e);
}

/* An entry, how well it fits, and its position among equals. */
struct candidate {
	const struct index_entry *entry;
	long fitness; /* 0: it has no platform */
	size_t place;
};

static int best_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->fitness != y->fitness)
		return x->fitness < y->fitness ? 1 : -1;
	return x->place < y->place ? -1 : 1;
}

static size_t list_candidates(struct search *s, const struct image_index *index,
			      struct candidate *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < index->n; i++) {
		const struct index_entry *entry = &index->v[i];
		bool said = entry->platform.os && entry->platform.arch;
		long fitness = said ? platform_fitness(&entry->platform, s->p->want) : 0;

		if (!may_be_image(entry))
			continue;
		if (said && !fitness)
			note_platform(s, &entry->platform);
		else
			ret[n++] = (struct candidate){entry, fitness, i};
	}
	qsort(ret, n, sizeof(*ret), best_first);
	return n;
}

static int search(struct search *s, const struct image_index *index, int depth, struct found *found,
		  struct err *e)
{
	cleanup_free struct candidate *v = xcalloc(index->n + 1, sizeof(*v));
	size_t n = list_candidates(s, index, v);
	bool alone = n == 1 && !s->there.len;
	int r = 0;

	for (size_t i = 0; r == 0 && !found->yes && i < n; i++) {
		r = try_entry(s, v[i].entry, v[i].fitness || alone, depth, found, e);
		if (found->yes && depth == 0 && found->by_index)
			found->outermost = v[i].entry->d.digest;
	}
	return r;
}

static int nothing_found(const struct search *s, struct err *e)
{
	cleanup_free char *wanted = platform_text(s->p->want);
	char quoted[512];

	if (s->there.len)
		return err_set(e, ENOENT, "there is no image for %s, only for: %s", wanted,
			       err_quote(quoted, sizeof(quoted), s->there.data));
	if (s->other.code) {
		*e = s->other;
		return -e->code;
	}
	return err_set(e, ENOTSUP, "the index holds no image");
}

int pick_image(const struct pick *p, const struct image_index *index, struct digest *ret_manifest,
	       struct digest *ret_index, struct err *e)
{
	struct search s = {.p = p, .documents = PICK_MAX_DOCUMENTS, .there = BUF_INIT};
	struct found found = {0};
	int r = search(&s, index, 0, &found, e);

	if (r == 0 && !found.yes)
		r = nothing_found(&s, e);
	buf_free(&s.there);
	if (r < 0)
		return r;
	*ret_manifest = found.manifest;
	*ret_index = found.outermost;
	return 0;
}
