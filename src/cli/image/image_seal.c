/*
 * image_seal.c - for `sandbox seal`, and for projects whose environment somebody has already
 * prepared.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/image/image_common.h"
#include "cli/image/progress.h"
#include "cli/image_commands.h"
#include "image/archive/seal.h"
#include "image/pull.h"

int image_cmd_prebuilt(const struct args *args, int *ret_status, struct err *e)
{
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	cleanup_reference struct reference ref = {0};
	struct pull_request req = {
		.store = &t.store, .conf = &t.conf, .ref = &ref, .unnamed = true};
	struct pull_result res;
	int r = image_tools_open(&t, e);

	if (r == 0)
		r = reference_parse(args->v[0], t.conf.registry, &ref, e);
	if (r < 0)
		return r;
	progress_start(args->quiet);
	r = image_pull(&req, &res, e);
	progress_end();
	if (r == 0)
		printf("%s\n", res.digest.hex);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret_status = r == -ENOENT;
	return 0;
}

static void print_sealed(const char *name, const struct digest *d, size_t layers, bool as_json)
{
	struct json j = JSON_INIT;

	if (!as_json) {
		printf("%s: sealed %s\n", name, digest_text(d).s);
		return;
	}
	jsonout_object_begin(&j, NULL);
	jsonout_string(&j, "name", name);
	jsonout_string(&j, "digest", digest_text(d).s);
	jsonout_number(&j, "steps", (long long)layers);
	jsonout_object_end(&j);
	jsonout_print(&j);
}

int image_cmd_seal(const struct args *args, int *ret_status, struct err *e)
{
	const struct image_json_cli *cli = args->options;
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	cleanup_reference struct reference ref = {0};
	cleanup_free char *name = NULL, *shown = NULL;
	size_t n = (size_t)(args->n - 2) / 2;
	cleanup_free struct seal_step *steps = xcalloc(n + 1, sizeof(*steps));
	struct seal_request req = {
		.store = &t.store, .conf = &t.conf, .steps = steps, .n_steps = n};
	struct digest digest;
	int r = image_tools_open(&t, e);

	(void)ret_status;
	if (r == 0)
		r = digest_parse(args->v[0], &req.base, e);
	if (r == 0)
		r = reference_parse(args->v[1], t.conf.registry, &ref, e);
	if (r == 0 && ref.digest.hex[0])
		r = err_set(e, ERR_USAGE, "'%s' has a digest: a new name can only have a tag",
			    args->v[1]);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		steps[i] = (struct seal_step){.layer = args->v[2 + 2 * i],
					      .title = args->v[3 + 2 * i]};
	req.name = name = ref_name(&ref);
	progress_start(args->quiet);
	r = image_seal(&req, &digest, e);
	progress_end();
	if (r < 0)
		return r;
	shown = image_tools_short(&t, name);
	print_sealed(shown, &digest, n, cli->json);
	return 0;
}
