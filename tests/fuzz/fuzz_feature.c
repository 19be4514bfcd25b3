/*
 * fuzz_feature.c - any bytes as devcontainer-feature.json: the steps that install the feature are a
 * Dockerfile with the instructions that were meant, and no others. The rest of the input is its id
 * in a devcontainer.json. The same bytes are a devcontainer-lock.json, too.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "build/dockerfile.h"
#include "image/document/json_read.h"
#include "image/feature/feature_document.h"
#include "image/feature/feature_lock.h"
#include "image/feature/feature_order.h"
#include "image/feature/feature_steps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct feature_list *l)
{
	const struct feature_image image = {
		.user = "a\"b$c\\", .remote_user = "d'e", .container_user = "root", .label = "{}"};
	cleanup_dockerfile struct dockerfile d = {0};
	cleanup_buf struct buf text = BUF_INIT;
	size_t n = 4 + json_object_size(json_object_get(l->v[0].doc, "containerEnv"));
	struct err e;

	feature_steps(l, &image, &text);
	if (dockerfile_parse(text.data, text.len, "it", &d, &e) < 0)
		abort();
	if (d.n != n + 1 || d.v[n - 2].kind != INSTRUCTION_RUN || d.v[n - 2].n_heredocs ||
	    !d.v[n - 2].exec || d.v[n].kind != INSTRUCTION_LABEL)
		abort();
}

static void check_lock(const char *text, size_t len, const struct feature *f)
{
	cleanup_json json_t *lock = NULL, *again = NULL, *features = json_object();
	cleanup_strv struct strv missing = {0};
	cleanup_feature struct feature copy = {0};
	cleanup_buf struct buf out = BUF_INIT;
	struct err e;

	if (feature_lock_parse(text, len, "it", &lock, &e) < 0 ||
	    feature_name(f->id, NULL, NULL, &copy, &e) < 0)
		return;
	feature_lock_apply(lock, &copy, &e);
	feature_lock_missing(lock, lock, &missing);
	feature_lock_format(&(struct feature_list){0}, lock, features, &out);
	if (feature_lock_parse(out.data, out.len, "it", &again, &e) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = size ? memchr(text, '\f', size) : NULL;
	size_t len = end ? (size_t)(end - text) : size;
	cleanup_free char *id = xstrndup(end ? end + 1 : "./x", end ? size - len - 1 : 3);
	cleanup_feature_list struct feature_list l = {0};
	const struct strv none = {0};
	struct feature f = {0};
	struct err e;

	if (feature_name(id, NULL, "/p/.devcontainer", &f, &e) < 0)
		return 0;
	check_lock(text, len, &f);
	if (feature_document_read(text, len, id, &f.doc, &e) < 0) {
		feature_clear(&f);
		return 0;
	}
	feature_document_aliases(f.doc, &f.aliases);
	/* What the document gives its own options must not matter. */
	json_decref(f.given);
	f.given = json_incref(json_object_get(f.doc, "options"));
	if (!f.given)
		f.given = json_object();
	l.v = xcalloc(1, sizeof(*l.v));
	l.v[l.n++] = f;
	if (feature_order(&l, &none, "/p/.devcontainer", &e) < 0)
		return 0;
	check(&l);
	return 0;
}
