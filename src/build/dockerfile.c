/*
 * dockerfile.c - from the text of a Dockerfile to its instructions.
 */
#include "build/dockerfile.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "build/arguments.h"
#include "build/heredoc.h"
#include "build/lines.h"

#define RULE_TEMPLATE "'%s' is of a template; make the Dockerfile from it first"

int dockerfile_err(const char *file, size_t line, struct err *e)
{
	return err_add(e, "%s:%zu", file, line);
}

/* Is there a word like @VERSION@, between two of edge? */
static bool has_placeholder(const char *text, const char *edge)
{
	static const char name[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

	for (const char *at = strstr(text, edge); at; at = strstr(at + 1, edge)) {
		const char *begin = at + strlen(edge);
		size_t n = strspn(begin, name);

		if (n && starts_with(begin + n, edge))
			return true;
	}
	return false;
}

static int add_template(const char *text, struct err *e)
{
	static const char *const marks[] = {"{{", "{%", "<%", "${templateOption:"};
	static const char *const edges[] = {"@", "%%"}; /* autoconf, balena */

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (strstr(text, marks[i]))
			return err_add(e, RULE_TEMPLATE, marks[i]);
	for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
		if (has_placeholder(text, edges[i]))
			return err_add(e, RULE_TEMPLATE, edges[i]);
	return -e->code;
}

int dockerfile_err_at(const char *file, const struct instruction *in, struct err *e)
{
	add_template(in->text, e);
	return dockerfile_err(file, in->line, e);
}

void dockerfile_clear(struct dockerfile *d)
{
	for (size_t i = 0; i < d->n; i++)
		instruction_clear(&d->v[i]);
	free(d->v);
	free(d->name);
	free(d->syntax);
	*d = (struct dockerfile){0};
}

static bool takes_heredocs(const struct instruction *in)
{
	const struct instruction *inner = in->trigger ? in->trigger : in;

	return !inner->exec && (inner->kind == INSTRUCTION_RUN || inner->kind == INSTRUCTION_COPY ||
				inner->kind == INSTRUCTION_ADD);
}

/* Those of a trigger are the trigger's. */
static int read_heredocs(struct lines *lines, struct instruction *in, struct err *e)
{
	return takes_heredocs(in) ? heredoc_read(lines, in->trigger ? in->trigger : in, e) : 0;
}

/* line is of the file; room for another instruction is at the end of d. */
static int read_instruction(struct dockerfile *d, struct lines *lines, const char *line,
			    size_t first, struct err *e)
{
	struct instruction *in = &d->v[d->n++];
	int r;

	*in = (struct instruction){.line = first};
	r = arguments_read(line, lines->escape, in, e);
	if (r == 0)
		r = read_heredocs(lines, in, e);
	in->last_line = lines->number;
	if (in->trigger) {
		in->trigger->line = first;
		in->trigger->last_line = in->last_line;
	}
	return r;
}

static int read_all(struct dockerfile *d, struct lines *lines, size_t *ret_line, struct err *e)
{
	cleanup_buf struct buf line = BUF_INIT;
	size_t room = 0;
	int r;

	while ((r = lines_next(lines, &line, ret_line, e)) > 0) {
		if (d->n == DOCKERFILE_INSTRUCTIONS_MAX)
			return err_set(e, ERR_USAGE, "more than %d instructions",
				       DOCKERFILE_INSTRUCTIONS_MAX);
		if (d->n == room) {
			room = room ? 2 * room : 32;
			d->v = xrealloc(d->v, room, sizeof(*d->v));
		}
		r = read_instruction(d, lines, line.data, *ret_line, e);
		if (r < 0)
			return add_template(line.data, e);
	}
	return r;
}

int dockerfile_parse(const char *text, size_t len, const char *name, struct dockerfile *ret,
		     struct err *e)
{
	cleanup_dockerfile struct dockerfile d = {.name = xstrdup(name)};
	struct lines lines;
	size_t line;
	int r = lines_begin(text, len, &lines, e);

	if (r < 0)
		return dockerfile_err(name, lines.number, e);
	r = read_all(&d, &lines, &line, e);
	d.syntax = lines.syntax;
	d.escape = lines.escape;
	if (r < 0)
		return dockerfile_err(name, line, e);
	if (d.n == 0)
		return err_set(e, ERR_USAGE, "%s has no instructions; expected FROM", name);
	*ret = d;
	d = (struct dockerfile){0};
	return 0;
}
