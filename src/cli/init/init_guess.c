/*
 * init_guess.c - collects the guess of a project's tools, each thing once.
 */
#include "cli/init/init_guess.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"

static void add(struct strv *list, const char *word)
{
	if (*word && !strv_has(list, word))
		strv_push(list, word);
}

void init_add_words(struct strv *list, const char *words)
{
	cleanup_free char *copy = xstrdup(words ? words : "");
	char *save = NULL;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		add(list, w);
}

static void add_lines(struct strv *list, const char *lines)
{
	cleanup_free char *copy = xstrdup(lines);
	char *save = NULL;

	for (char *l = strtok_r(copy, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		add(list, l);
}

static void add_apt_word(struct init_guess *g, const char *lang, const char *word)
{
	for (size_t i = 0; i < g->n_apt; i++) {
		if (!streq(g->apt[i].name, word))
			continue;
		/* Wanted by two languages: only an image with both does not need it. */
		if (!streq(g->apt[i].lang, lang))
			*g->apt[i].lang = '\0';
		return;
	}
	g->apt = xrealloc(g->apt, g->n_apt + 1, sizeof(*g->apt));
	g->apt[g->n_apt] = (struct init_apt){.name = xstrdup(word)};
	snprintf(g->apt[g->n_apt++].lang, INIT_LANG_SIZE, "%s", lang);
}

void init_add_apt(struct init_guess *g, const char *lang, const char *words)
{
	cleanup_strv struct strv list = {0};

	init_add_words(&list, words);
	for (size_t i = 0; i < list.n; i++)
		add_apt_word(g, lang, list.v[i]);
}

/*
 * "v20.1", ">=3.9,<4", "ruby-3.2.2": takes the first number; a word without one is not a version.
 */
void init_add_want(struct init_guess *g, const char *lang, const char *version, const char *file,
		   bool exact)
{
	const char *digits = version ? strpbrk(version, "0123456789") : NULL;
	/* Newer versions accept what was written for older ones. */
	bool follows = streq(lang, "go") || streq(lang, "rust") || streq(lang, "java");
	size_t len = digits ? strspn(digits, "0123456789.") : 0;

	if (!len || len > 20 || g->n_wants == INIT_WANTS_MAX)
		return;
	while (digits[len - 1] == '.')
		len--;
	g->wants[g->n_wants++] = (struct init_want){.lang = lang,
						    .version = xstrndup(digits, len),
						    .file = xstrdup(file),
						    .exact = exact && !follows};
}

void init_add_why(struct init_guess *g, const char *fmt, ...)
{
	cleanup_free char *line = NULL;
	va_list ap;

	va_start(ap, fmt);
	line = xvasprintf(fmt, ap);
	va_end(ap);
	strv_push_take(&g->why, err_quote_all(line));
}

void init_add_sign(struct init_guess *g, const struct init_sign *sign, const char *file, bool whole)
{
	const char *lang = sign->lang;
	bool installs = whole && (*sign->create || *sign->run);

	if (*sign->note) {
		init_add_why(g, "%s: %s", file, sign->note);
		return;
	}
	add(&g->profiles, sign->profile);
	init_add_apt(g, lang, sign->apt);
	init_add_apt(g, "", sign->more);
	init_add_words(&g->programs, sign->programs);
	add_lines(&g->env, sign->env);
	if (*sign->image && !g->lang_image)
		g->lang_image = sign->image;
	if (whole)
		add(&g->stopped, sign->stops);
	add(&g->langs, lang);
	if (!installs || strv_has(&g->done, lang))
		return;
	strv_push(&g->done, lang);
	add(&g->run, sign->run);
	add(&g->create, sign->create);
	init_add_words(&g->npm, sign->npm);
	init_add_words(&g->pip, sign->pip);
}

void init_guess_clear(struct init_guess *g)
{
	struct strv *lists[] = {&g->profiles,  &g->npm,	  &g->pip,	&g->run,
				&g->create,    &g->env,	  &g->programs, &g->image_apt,
				&g->image_apk, &g->langs, &g->stopped,	&g->done,
				&g->why};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		strv_clear(lists[i]);
	for (size_t i = 0; i < g->n_apt; i++)
		free(g->apt[i].name);
	free(g->apt);
	for (size_t i = 0; i < g->n_wants; i++) {
		free(g->wants[i].version);
		free(g->wants[i].file);
	}
	free(g->devcontainer);
	free(g->image);
	free(g->image_file);
}
