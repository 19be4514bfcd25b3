/*
 * build_bases.c - see build_bases.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/image/build_bases.h"
#include "config/devcontainer_file.h"
#include "image/name/ref.h"

int build_bases_read(const struct inside *in, const char *path, struct lock_file *ret,
		     struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	int r = inside_read(in, path, LOCK_MAX_BYTES, &text, e);

	return r < 0 ? r : lock_parse(text.data, text.len, path, ret, e);
}

/* The name of an image in a source, or NULL. */
static const char *image_of(const struct source *s)
{
	if (s->kind == SOURCE_IMAGE && !s->unset)
		return s->name;
	return s->kind == SOURCE_CONTEXT && starts_with(s->name, SOURCE_DOCKER_IMAGE)
		       ? s->name + strlen(SOURCE_DOCKER_IMAGE)
		       : NULL;
}

static int add(const struct source *s, const char *platform, const char *registry,
	       struct strv *lines, struct err *e)
{
	cleanup_reference struct reference ref = {0};
	cleanup_free char *line = NULL, *name = NULL;
	const char *image = image_of(s);
	int r = image ? reference_parse(image, registry, &ref, e) : 0;

	if (r < 0 || !image || ref.digest.hex[0])
		return r;
	name = ref_name(&ref);
	if (starts_with(name, DEVCONTAINER_IMAGES))
		return 0;
	line = xasprintf("%s %s", platform, name);
	if (!strv_has(lines, line))
		strv_push_take(lines, take_ptr(line));
	return 0;
}

int build_bases_print_wanted(const struct graph *g, const struct image_conf *conf, struct err *e)
{
	const char *target = g->options->target_platform;
	cleanup_strv struct strv lines = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < g->n; i++) {
		const struct graph_stage *s = &g->stages[i];

		if (!s->used)
			continue;
		r = add(&s->base, s->platform ? s->platform : target, conf->registry, &lines, e);
		for (size_t k = 0; k < s->n; k++)
			for (size_t m = 0; r == 0 && m < s->steps[k].n_sources; m++)
				r = add(&s->steps[k].sources[m], target, conf->registry, &lines, e);
	}
	for (size_t i = 0; r == 0 && i < lines.n; i++)
		puts(lines.v[i]);
	return r;
}

void build_bases_print(const struct strv *bases)
{
	for (size_t i = 0; i + 2 < bases->n; i += 3)
		printf("%s %s %s\n", bases->v[i], bases->v[i + 1], bases->v[i + 2]);
}

void build_bases_json(struct json *j, const struct strv *bases)
{
	jsonout_array_begin(j, "bases");
	for (size_t i = 0; i + 2 < bases->n; i += 3) {
		jsonout_object_begin(j, NULL);
		jsonout_string(j, "platform", bases->v[i]);
		jsonout_string(j, "name", bases->v[i + 1]);
		jsonout_string(j, "digest", bases->v[i + 2]);
		jsonout_object_end(j);
	}
	jsonout_array_end(j);
}
