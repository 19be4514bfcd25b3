/*
 * init_compose.c - the text of a sandbox.ini, from a guess and the user's choices.
 *
 * Promises that what the image cannot do is written as a comment.
 */
#include "cli/init/init_compose.h"

#include <string.h>

#include "base/cleanup.h"
#include "cli/init/init_image.h"
#include "config/ini_text.h"
#include "config/schema.h"

#define WHY_LEN_MAX 190 /* old versions read at most 199 bytes a line */

static void add_list(const char *off, const char *key, const struct strv *words, struct buf *out)
{
	cleanup_free char *list = strv_join(words, " ");

	if (words->n)
		buf_addf(out, "%s%s = %s\n", off, key, list);
}

static void add_step(const char *off, size_t number, const char *text, struct buf *out)
{
	cleanup_free char *key = xasprintf("%zu", number);

	ini_write(out, off, key, text, true);
}

/* What the project needs on top of its image: active if available, else a comment. */
static void add_tools(const struct init_answers *a, const struct init_guess *g, struct buf *out)
{
	bool host = streq(a->image, "host");
	const char *apt_off = init_image_has_apt(a->image) ? "" : ";";
	const char *off = host ? ";" : "";
	cleanup_free char *apk = init_image_apk(a->image, g);
	bool any = *apk || (*a->apt && !*apt_off) || (!host && (g->npm.n || g->pip.n));

	if (*a->apt || *apk || g->npm.n || g->pip.n || host) {
		buf_addf(
			out, "\n%s[packages]%s\n", any ? "" : ";",
			any ? ""
			    : "                 ; of an image of its own, such as debian:bookworm");
		buf_addf(out, "%sapt = %s\n", *a->apt ? apt_off : ";", *a->apt ? a->apt : "jq");
		if (*apk)
			buf_addf(out, "apk = %s\n", apk);
		add_list(off, "npm", &g->npm, out);
		add_list(off, "pip", &g->pip, out);
	}
	if (g->run.n)
		buf_addf(out, "\n%s[run]\n", off);
	for (size_t i = 0; i < g->run.n; i++)
		add_step(off, i + 1, g->run.v[i], out);
}

/* Commands of the project's own tools are active if the tools are there. */
static void add_hooks(const struct init_answers *a, const struct init_guess *g, struct buf *out)
{
	const char *off = init_image_serves(a->image, g) ? "" : ";";
	cleanup_free char *create = strv_join(&g->create, "\n");

	if (!g->create.n)
		return;
	buf_addf(out, "\n%s[hooks]\n", off);
	ini_write(out, off, "create", create, true);
}

static void add_env(const struct init_guess *g, struct buf *out)
{
	buf_addstr(out, g->env.n ? "\n[env]\n" : "\n;[env]\n;CC = gcc\n");
	for (size_t i = 0; i < g->env.n; i++)
		buf_addf(out, "%s\n", g->env.v[i]);
}

static void add_head(const struct init_guess *g, struct buf *out)
{
	buf_addstr(out,
		   "; The sandbox of this project: `sandbox enter` opens its shell.\n"
		   "; All settings: sandbox.ini(5). In use, and from where: `sandbox config`.\n");
	if (g->why.n)
		buf_addstr(out, ";\n; Proposed by `sandbox init`:\n");
	for (size_t i = 0; i < g->why.n; i++)
		buf_addf(out, "; %.*s\n", WHY_LEN_MAX, g->why.v[i]);
}

static void compose_as_it_is(const struct init_answers *a, const struct init_guess *g,
			     struct buf *out)
{
	buf_addf(out,
		 "; The sandbox of this project: `sandbox enter` opens its shell.\n"
		 "; It is the dev container of %s, sandbox-devcontainer(7);\n"
		 "; what is written here comes first. In use, and from where: `sandbox config`.\n"
		 "\n"
		 "[sandbox]\n"
		 "name    = %s\n",
		 a->as_it_is, a->name);
	if (a->image)
		ini_write(out, "", "image", a->image, false);
	if (a->as_it_is == g->dockerfile)
		ini_write(out, "", "devcontainer", a->as_it_is, false);
	else
		buf_addstr(out, ";devcontainer = no         ; do not use it\n");
	buf_addstr(out, ";network = none            ; loopback only\n");
}

void init_compose(const struct init_answers *a, const struct init_guess *g, struct buf *out)
{
	if (a->as_it_is) {
		compose_as_it_is(a, g, out);
		return;
	}
	add_head(g, out);
	buf_addf(out,
		 "\n"
		 "[sandbox]\n"
		 "name    = %s\n"
		 "image   = ",
		 a->name);
	ini_write_value(out, a->image);
	buf_addf(out,
		 "\nprofile = %s\n"
		 ";network = none            ; loopback only\n",
		 a->profile);
	if (g->devcontainer || g->no_devcontainer)
		buf_addstr(out, "devcontainer = no          ; devcontainer.json is not used\n");
	add_tools(a, g, out);
	add_hooks(a, g, out);
	add_env(g, out);
	buf_addstr(out, "\n"
			";[mounts]\n"
			";/data     = ../data ro    ; a directory of the host, read-only\n"
			";~/.ccache = cache:ccache  ; shared among projects\n");
}
