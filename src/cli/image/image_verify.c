/*
 * image_verify.c - `sandbox image verify`: lists defects in the store, a line each, and what to do.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/image/image_common.h"
#include "cli/image/image_needs.h"
#include "cli/image_commands.h"
#include "image/verify.h"

struct telling {
	struct json json;
	bool as_json;
};

static void tell(void *ctx, const struct verify_problem *p)
{
	struct telling *t = ctx;

	if (!t->as_json) {
		printf("%s %s %s%s%s\n", p->kind, p->name, p->what,
		       p->mended || p->help ? ": " : "",
		       p->mended ? "mended"
		       : p->help ? p->help
				 : "");
		return;
	}
	jsonout_object_begin(&t->json, NULL);
	jsonout_string(&t->json, "kind", p->kind);
	jsonout_string(&t->json, "name", p->name);
	jsonout_string(&t->json, "problem", p->what);
	jsonout_bool(&t->json, "mended", p->mended);
	jsonout_string(&t->json, "help", p->help);
	jsonout_object_end(&t->json);
}

/* A name whose file is damaged counts too. */
static int find_name(const struct image_tools *t, const char *word, char **ret, struct err *e)
{
	cleanup_reference struct reference ref = {0};
	struct ref ignored;
	int r = image_tools_find(t, word, ret, &ignored, e);

	if (r != -EBADMSG)
		return r;
	r = reference_parse(word, t->conf.registry, &ref, e);
	if (r == 0)
		*ret = ref_name(&ref);
	return r;
}

static int find_names(const struct image_tools *t, const struct args *args, struct strv *out,
		      struct err *e)
{
	int r = 0;

	for (int i = 0; r == 0 && i < args->n; i++) {
		char *name;

		r = find_name(t, args->v[i], &name, e);
		if (r == 0)
			strv_push_take(out, name);
	}
	return r;
}

int image_cmd_verify(const struct args *args, int *ret_status, struct err *e)
{
	const struct verify_cli *cli = args->options;
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	cleanup_strv struct strv names = {0};
	cleanup_needs struct needs needs = {0};
	struct telling telling = {.json = JSON_INIT, .as_json = cli->json};
	struct verify_request req = {.store = &t.store,
				     .conf = &t.conf,
				     .names = args->n ? &names : NULL,
				     .boxes = &needs.images,
				     .repair = cli->repair,
				     .problem = tell,
				     .ctx = &telling};
	size_t problems = 0;
	int r = image_tools_open(&t, e);

	if (r == 0)
		r = find_names(&t, args, &names, e);
	if (r == 0 && !args->n)
		r = needs_find(&needs, e);
	if (r < 0)
		return r;
	/* A repair removes corrupt blobs that nothing needs, if it is known which those are. */
	req.keep = needs.unknown.code != 0;
	if (cli->repair && req.keep)
		log_warn("%s", needs.unknown.msg);
	jsonout_array_begin(&telling.json, NULL);
	r = image_verify(&req, &problems, e);
	jsonout_array_end(&telling.json);
	if (r == 0 && cli->json)
		jsonout_print(&telling.json);
	else
		buf_free(&telling.json.out);
	if (r == 0 && problems)
		*ret_status = 1;
	return r;
}
