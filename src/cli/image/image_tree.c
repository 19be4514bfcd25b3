/*
 * image_tree.c - `sandbox image tree`: which images share which layers, as text, JSON, or a graph.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/usage.h"
#include "cli/image/image_common.h"
#include "cli/image_commands.h"
#include "image/load.h"
#include "image/store/layer_stack.h"

/* A layer on top of its parent; the images that end with it. */
struct node {
	struct digest chain, diff_id;
	uint64_t size;
	size_t parent; /* index, or NO_PARENT */
	struct strv images;
};

#define NO_PARENT ((size_t)-1)

struct forest {
	struct node *v;
	size_t n;
};

static void forest_clear(struct forest *f)
{
	for (size_t i = 0; i < f->n; i++)
		strv_clear(&f->v[i].images);
	free(f->v);
}

static size_t find_node(struct forest *f, const struct digest *chain, size_t parent)
{
	for (size_t i = 0; i < f->n; i++)
		if (digest_equal(&f->v[i].chain, chain))
			return i;
	f->v = xrealloc(f->v, f->n + 1, sizeof(*f->v));
	f->v[f->n] = (struct node){.chain = *chain, .parent = parent};
	return f->n++;
}

static int add_image(struct forest *f, const struct image_tools *t, const char *name, struct err *e)
{
	cleanup_manifest struct manifest m = {0};
	cleanup_config struct image_config c = {0};
	struct digest chain = {0};
	size_t at = NO_PARENT;
	struct ref ref;
	int r = ref_read(t->store.fd, name, &ref, e);

	if (r == -ENOENT) /* removed since the listing */
		return 0;
	if (r == 0)
		r = image_load(&t->store, &ref.manifest, &m, &c, e);
	for (size_t i = 0; r == 0 && i < m.n_layers; i++) {
		struct digest below = chain;

		layer_chain_id(&below, &c.diff_ids[i], &chain);
		at = find_node(f, &chain, at);
		f->v[at].diff_id = c.diff_ids[i];
		f->v[at].size = m.layers[i].size;
	}
	if (at != NO_PARENT)
		strv_push_take(&f->v[at].images, image_tools_short(t, name));
	return r;
}

static void print_text(const struct forest *f, size_t parent, int depth)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct node *n = &f->v[i];

		if (n->parent != parent)
			continue;
		printf("%*s%.12s  %9s", 2 * depth, "", n->chain.hex, size_text(n->size).s);
		for (size_t k = 0; k < n->images.n; k++)
			printf("%s%s", k ? ", " : "  ", n->images.v[k]);
		putchar('\n');
		print_text(f, i, depth + 1);
	}
}

static void print_json(const struct forest *f, struct json *j, const char *key, size_t parent)
{
	jsonout_array_begin(j, key);
	for (size_t i = 0; i < f->n; i++) {
		const struct node *n = &f->v[i];

		if (n->parent != parent)
			continue;
		jsonout_object_begin(j, NULL);
		jsonout_string(j, "chain_id", digest_text(&n->chain).s);
		jsonout_string(j, "diff_id", digest_text(&n->diff_id).s);
		jsonout_number(j, "size", (long long)n->size);
		jsonout_array_begin(j, "images");
		for (size_t k = 0; k < n->images.n; k++)
			jsonout_string(j, NULL, n->images.v[k]);
		jsonout_array_end(j);
		print_json(f, j, "children", i);
		jsonout_object_end(j);
	}
	jsonout_array_end(j);
}

/* Names and digests contain no quotes and no backslashes. */
static void print_dot(const struct forest *f)
{
	printf("digraph images {\n\trankdir = BT;\n\tnode [shape = box];\n");
	for (size_t i = 0; i < f->n; i++) {
		const struct node *n = &f->v[i];

		printf("\t\"%s\" [label = \"%.12s\\n%s\"];\n", n->chain.hex, n->chain.hex,
		       size_text(n->size).s);
		if (n->parent != NO_PARENT)
			printf("\t\"%s\" -> \"%s\";\n", n->chain.hex, f->v[n->parent].chain.hex);
		for (size_t k = 0; k < n->images.n; k++)
			printf("\t\"%s\" [shape = ellipse];\n\t\"%s\" -> \"%s\";\n", n->images.v[k],
			       n->images.v[k], n->chain.hex);
	}
	printf("}\n");
}

int image_cmd_tree(const struct args *args, int *ret_status, struct err *e)
{
	const struct tree_cli *cli = args->options;
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	__attribute__((cleanup(forest_clear))) struct forest f = {0};
	cleanup_strv struct strv names = {0};
	struct json j = JSON_INIT;
	int r = image_tools_open(&t, e);

	(void)ret_status;
	if (r == 0)
		r = ref_list(t.store.fd, &names, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < names.n; i++)
		if (add_image(&f, &t, names.v[i], e) < 0)
			log_warn("%s", e->msg);
	if (cli->dot) {
		print_dot(&f);
	} else if (cli->json) {
		print_json(&f, &j, NULL, NO_PARENT);
		jsonout_print(&j);
	} else {
		print_text(&f, NO_PARENT, 0);
	}
	return 0;
}
