/*
 * compose_file.c - `secrets` and `configs` of a service: files of the project, or texts that become
 * files in the memory of its box.
 *
 * All files in a box belong to whoever looks at them, so uid and gid have nothing to do, and a mode
 * that lets anybody read lets the owner.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/mount_value.h"
#include "image/devcontainer/composing.h"

#define MODE_PRESET 0444
#define TEXT_MAX    (500u << 10) /* bytes; as Docker has it of secrets */

/* Which of the two, and where their files are. */
struct file_kind {
	const char *key, *folder;
};

static void file_clear(struct compose_file *f)
{
	free(f->source);
	free(f->text);
	free(f->target);
	strv_clear(&f->names);
}

/* A number of a base, with digits alone; false: it is none. */
static bool read_digits(const char *text, int base, unsigned long *ret)
{
	char *end;

	errno = 0;
	*ret = isxdigit((unsigned char)*text) ? strtoul(text, &end, base) : ULONG_MAX;
	return *ret != ULONG_MAX && !errno && !*end;
}

/* As go-yaml reads a number: 440 is decimal, 0440, 0o440, 0x120 and 0b100100000 are the same. */
static bool read_number(const char *text, unsigned long *ret)
{
	static const struct {
		const char *prefix;
		int base;
	} forms[] = {{"0x", 16}, {"0X", 16}, {"0o", 8}, {"0O", 8},
		     {"0b", 2},	 {"0B", 2},  {"0", 8},	{"", 10}};
	cleanup_free char *digits = xstrdup(text);
	char *to = digits;
	size_t i = 0;

	for (const char *c = text; *c; c++)
		if (*c != '_')
			*to++ = *c;
	*to = '\0';
	if (streq(digits, "0"))
		return read_digits(digits, 10, ret);
	while (!starts_with(digits, forms[i].prefix))
		i++;
	return read_digits(digits + strlen(forms[i].prefix), forms[i].base, ret);
}

/* As compose has it: a text, such as "440", is octal, and a number is what it is. False: it is neither. */
static bool read_mode(const struct node *n, unsigned long *ret)
{
	*ret = MODE_PRESET;
	if (!n || n->kind == NODE_NULL)
		return true;
	if (!n->text || !((n->plain && read_number(n->text, ret)) || read_digits(n->text, 8, ret)))
		return false;
	*ret &= 0555;
	if (*ret & 0444)
		*ret |= 0400;
	return true;
}

/* The text of a secret or config that names no file; NULL: why is in *ret_why. */
static const char *text_of(const struct composing *cs, const struct node *what, struct strv *names,
			   const char **ret_why)
{
	const struct node *content = node_get(what, "content");
	const char *variable = node_text(what, "environment");
	const char *text = content ? content->text : NULL;

	*ret_why = "it names no file, no variable and no content";
	if (!text && variable) {
		text = values_get(&cs->compose.values, variable, names);
		*ret_why = "its variable is not set";
	} else if (text) {
		for (size_t i = 0; i < content->names.n; i++)
			strv_push(names, content->names.v[i]);
	}
	if (!text || strlen(text) <= TEXT_MAX)
		return text;
	*ret_why = "it is longer than 500 KiB";
	return NULL;
}

/* False: why is in *ret_why. */
static bool read_file(const struct composing *cs, const struct node *what, struct compose_file *ret,
		      const char **ret_why)
{
	const struct node *file = node_get(what, "file");
	const char *text;
	unsigned long mode;

	if (file && file->text) {
		ret->source = path_normalize(file->dir, file->text);
		for (size_t i = 0; i < file->names.n; i++)
			strv_push(&ret->names, file->names.v[i]);
		return true;
	}
	*ret_why = "its mode is no number";
	if (!read_mode(node_get(ret->at, "mode"), &mode))
		return false;
	text = text_of(cs, what, &ret->names, ret_why);
	if (text)
		ret->text = xasprintf(MOUNT_TEXT "%04lo:%s", mode, text);
	return text;
}

/* Of a list: a name, or a map with `source`. */
static bool read_item(struct composing *cs, const struct file_kind *kind, struct compose_file *ret)
{
	const struct node *n = ret->at, *all = node_get(cs->compose.root, kind->key);
	const char *name = n->text ? n->text : node_text(n, "source");
	const char *to = node_text(n, "target");
	struct said_at at = compose_at(n);
	const char *why;

	if (!read_file(cs, name ? node_get(all, name) : NULL, ret, &why)) {
		resolution_note(cs->resolution, &at, "'%s' of %s is left out: %s", name ? name : "",
				kind->key, why);
		return false;
	}
	for (size_t i = 0; i < n->names.n; i++)
		strv_push(&ret->names, n->names.v[i]);
	ret->target = to && *to == '/' ? xstrdup(to)
				       : xasprintf("%s%s", kind->folder, to ? to : name);
	return true;
}

void compose_files(struct composing *cs, const struct node *service,
		   void (*take)(struct composing *cs, const struct compose_file *file, void *arg),
		   void *arg)
{
	static const struct file_kind kinds[] = {{"secrets", "/run/secrets/"}, {"configs", "/"}};

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		const struct node *list = node_get(service, kinds[k].key);

		for (size_t i = 0; list && list->kind == NODE_LIST && i < list->n; i++) {
			struct compose_file file = {.at = list->v[i].value};

			if (read_item(cs, &kinds[k], &file))
				take(cs, &file, arg);
			file_clear(&file);
		}
	}
}
