/*
 * mount_value.c - the syntax of an entry of [mounts]: nothing else parses one.
 */
#include "config/mount_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/value.h"

#define CREATE "create"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* If word is an option, notes it in ret and returns true. */
static bool take_option(const char *word, struct mount_value *ret)
{
	if (streq(word, "ro") || streq(word, "rw") || streq(word, "overlay")) {
		ret->read_only = streq(word, "ro");
		ret->overlay = streq(word, "overlay");
	} else if (!starts_with(word, "size=") || !value_size(word + strlen("size="), &ret->size)) {
		return false;
	}
	return true;
}

/* Only as the last word: "rw" after a path that ends in it tells them apart. */
static void cut_create(char *text, struct mount_value *ret)
{
	size_t len = strlen(text);

	while (len && is_blank(text[len - 1]))
		text[--len] = '\0';
	if (len <= sizeof(CREATE) || !ends_with(text, CREATE) ||
	    !is_blank(text[len - sizeof(CREATE)]))
		return;
	text[len - strlen(CREATE)] = '\0';
	ret->create = true;
}

/*
 * Cuts the options off the end of text, which leaves the source. Of two equal options the last
 * wins.
 */
static void cut_options(char *text, struct mount_value *ret)
{
	bool have_mode = false, have_size = false;

	cut_create(text, ret);

	for (;;) {
		size_t len = strlen(text);
		char *word;

		while (len && is_blank(text[len - 1]))
			text[--len] = '\0';
		for (word = text + len; word > text && !is_blank(word[-1]); word--)
			;
		/* One of each kind: a second "ro" is the end of a path that contains a blank. */
		if (word == text || (*word != 's' ? have_mode : have_size) ||
		    !take_option(word, ret))
			return;
		if (*word != 's')
			have_mode = true;
		else
			have_size = true;
		*word = '\0';
	}
}

/* MODE:TEXT; whoever runs in the box owns the file, so its first digit counts. */
static int parse_text(const char *text, struct mount_value *ret, struct err *e)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (*text < '0' || *text > '7' || *end != ':' || mode > 0777)
		return err_set(e, ERR_USAGE, "expected text:MODE:TEXT, with a mode such as 0444");
	*ret = (struct mount_value){.kind = MOUNT_SETTING_TEXT,
				    .source = xstrdup(end + 1),
				    .mode = (mode_t)mode,
				    .read_only = true};
	return 0;
}

int mount_value_parse(const char *value, struct mount_value *ret, struct err *e)
{
	cleanup_free char *text = xstrdup(value);
	struct mount_value m = {.kind = MOUNT_SETTING_BIND};
	const char *source = text;

	if (starts_with(value, MOUNT_TEXT))
		return parse_text(value + strlen(MOUNT_TEXT), ret, e);
	cut_options(text, &m);
	if (streq(text, "tmpfs")) {
		m.kind = MOUNT_SETTING_TMPFS;
		source = NULL;
	} else if (starts_with(text, "cache:")) {
		m.kind = MOUNT_SETTING_CACHE;
		source = text + strlen("cache:");
		if (!value_name(source))
			return err_set(e, ERR_USAGE, "bad name of a cache '%.80s'", source);
	} else if (starts_with(text, "volume:")) {
		m.kind = MOUNT_SETTING_VOLUME;
		source = text + strlen("volume:");
		if (!value_name(source))
			return err_set(e, ERR_USAGE, "bad name of a volume '%.80s'", source);
	} else if (!*text) {
		return err_set(e, ERR_USAGE,
			       "expected a directory, cache:NAME, volume:NAME, "
			       "text:MODE:TEXT or tmpfs");
	}
	if (m.size && m.kind != MOUNT_SETTING_TMPFS)
		return err_set(e, ERR_USAGE, "size= is for tmpfs only");
	if ((m.overlay || m.create) && m.kind != MOUNT_SETTING_BIND)
		return err_set(e, ERR_USAGE, "%s is for directories only",
			       m.overlay ? "overlay" : CREATE);
	if (m.overlay && m.create)
		return err_set(e, ERR_USAGE, "overlay and create exclude each other");
	m.source = xstrdup(source);
	*ret = m;
	return 0;
}

void mount_sources_free(struct mount_source **v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!v[i])
			continue;
		free(v[i]->value.source);
		free(v[i]->path);
		free(v[i]->real);
		free(v[i]);
	}
	free(v);
}
