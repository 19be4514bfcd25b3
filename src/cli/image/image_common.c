/*
 * image_common.c - see image_common.h.
 */
#include "cli/image/image_common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/layout.h"
#include "image/registry/http.h"

#define DIGEST_PREFIX_MIN 4

int image_tools_open(struct image_tools *t, struct err *e)
{
	int r = image_conf_load(&t->conf, e);

	if (r < 0)
		return r;
	http_set_stall_seconds(t->conf.stall_seconds);
	r = image_store_open(&t->store, &t->conf, e);
	return r < 0 ? r : layout_heal(&t->store, e);
}

void image_tools_close(struct image_tools *t)
{
	image_store_close(&t->store);
	image_conf_clear(&t->conf);
}

char *image_tools_short(const struct image_tools *t, const char *name)
{
	return reference_short(name, t->conf.registry);
}

void image_tools_print_names(const struct image_tools *t, const struct strv *names)
{
	for (size_t i = 0; i < names->n; i++) {
		cleanup_free char *shown = image_tools_short(t, names->v[i]);

		printf("%s\n", shown);
	}
}

static int no_such_image(const struct image_tools *t, const struct strv *names, const char *word,
			 struct err *e)
{
	cleanup_strv struct strv words = {0};
	const char *near = NULL;

	for (size_t i = 0; i < names->n; i++)
		strv_push_take(&words, image_tools_short(t, names->v[i]));
	if (words.n)
		near = nearest_word(word, (const char *const *)words.v);
	if (near)
		return err_set(e, ENOENT, "there is no image '%s' here, did you mean '%s'?", word,
			       near);
	return err_set(e, ENOENT, "there is no image '%s' here: 'sandbox images' lists the images",
		       word);
}

/* 0: none of our digests begins with it. */
static int find_by_digest(const struct image_tools *t, const struct strv *names, const char *word,
			  char **ret_name, struct ref *ret, struct err *e)
{
	const char *hex = starts_with(word, "sha256:") ? word + strlen("sha256:") : word;
	struct ref ref, found = {0};
	char *name = NULL;

	if (strlen(hex) < DIGEST_PREFIX_MIN || hex[strspn(hex, "0123456789abcdef")])
		return 0;
	for (size_t i = 0; i < names->n; i++) {
		struct err ignored;

		if (ref_read(t->store.fd, names->v[i], &ref, &ignored) < 0 ||
		    !starts_with(ref.manifest.hex, hex))
			continue;
		if (name && !digest_equal(&found.manifest, &ref.manifest))
			return err_set(e, ERR_USAGE, "'%s' is the beginning of several digests",
				       word);
		if (!name)
			name = names->v[i];
		found = ref;
	}
	if (!name)
		return 0;
	*ret_name = xstrdup(name);
	*ret = found;
	return 1;
}

int image_tools_find(const struct image_tools *t, const char *word, char **ret_name,
		     struct ref *ret, struct err *e)
{
	cleanup_reference struct reference ref = {0};
	cleanup_strv struct strv names = {0};
	cleanup_free char *name = NULL;
	int r = ref_list(t->store.fd, &names, e), parsed;

	if (r < 0)
		return r;
	parsed = reference_parse(word, t->conf.registry, &ref, e);
	if (parsed == 0) {
		name = ref_name(&ref);
		r = ref_read(t->store.fd, name, ret, e);
		if (r == 0)
			*ret_name = take_ptr(name);
		if (r != -ENOENT)
			return r;
	}
	r = find_by_digest(t, &names, word, ret_name, ret, e);
	if (r)
		return r < 0 ? r : 0;
	return parsed < 0 ? reference_parse(word, t->conf.registry, &ref, e)
			  : no_such_image(t, &names, word, e);
}
