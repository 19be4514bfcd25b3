/*
 * project_links.c - [network] links: other projects, as the holder of this one's network finds
 * theirs.
 */
#include "start/project_links.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "box/folder.h"
#include "config/schema.h"
#include "config/value.h"
#include "start/holder.h"

/* Names are case-insensitive, and labels of DNS have no dots and no underscores. */
static bool make_label(const char *dir, char ret[static NETWORK_NAME_MAX + 1])
{
	cleanup_free char *name = folder_box_name(dir);

	for (char *c = name; *c; c++)
		*c = *c == '.' || *c == '_' ? '-' : *c;
	return strlen(name) <= NETWORK_NAME_MAX &&
	       snprintf(ret, NETWORK_NAME_MAX + 1, "%s", name) > 0;
}

static int add(const struct setting *st, const char *word, struct gateway_links *out, struct err *e)
{
	cleanup_free char *path = settings_path(st, word), *real = realpath(path, NULL);
	cleanup_free char *socket = NULL;
	struct gateway_link_to to = {0};

	if (!real)
		return err_sys(e, errno, "%s: links: cannot find the project '%s'", st->source,
			       word);
	if (out->n == LINKS_MAX)
		return err_set(e, ERR_USAGE, "%s: links: more than %d projects", st->source,
			       LINKS_MAX);
	socket = holder_socket_of(real);
	snprintf(to.socket, sizeof(to.socket), "%s", socket);
	if (!make_label(real, to.label))
		return err_set(e, ERR_USAGE, "%s: links: the name of '%s' is too long", st->source,
			       word);
	for (uint32_t i = 0; i < out->n; i++) {
		if (streq(out->to[i].socket, to.socket))
			return 0;
		if (streq(out->to[i].label, to.label))
			return err_set(e, ERR_USAGE, "%s: links: two projects are called '%s'",
				       st->source, to.label);
	}
	out->to[out->n++] = to;
	return 0;
}

int project_links_read(const struct settings *s, struct gateway_links *ret, struct err *e)
{
	const struct setting *st = NULL;
	int r = 0;

	*ret = (struct gateway_links){0};
	while (r == 0 && (st = settings_next(s, st, KEY_NETWORK_LINKS))) {
		cleanup_strv struct strv words = {0};

		value_words(st->value, &words);
		for (size_t i = 0; r == 0 && i < words.n; i++)
			r = add(st, words.v[i], ret, e);
	}
	return r;
}
