/*
 * yaml_read.c - libyaml's documents, read strictly.
 */
#include "image/document/yaml_read.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

#define DEPTH_MAX   64
#define ANCHORS_MAX 256

static int bad_yaml(const yaml_parser_t *p, const char *name, struct err *e)
{
	return err_set(e, EBADMSG, "%s:%zu: %s", name, p->problem_mark.line + 1,
		       p->problem ? p->problem : "this is neither YAML nor JSON");
}

/* Counts what makes libyaml's time grow quadratically with the text. */
struct shape {
	size_t depth, events, anchors;
};

static bool count(struct shape *s, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SEQUENCE_START_EVENT:
		s->anchors += event->data.sequence_start.anchor != NULL;
		s->depth++;
		break;
	case YAML_MAPPING_START_EVENT:
		s->anchors += event->data.mapping_start.anchor != NULL;
		s->depth++;
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		s->depth--;
		break;
	case YAML_SCALAR_EVENT:
		s->anchors += event->data.scalar.anchor != NULL;
		break;
	default:
		break;
	}
	return s->depth <= DEPTH_MAX && ++s->events <= YAML_VISITS_MAX && s->anchors <= ANCHORS_MAX;
}

static int check_shape(yaml_parser_t *p, const char *name, struct err *e)
{
	struct shape shape = {0};
	bool fits, end = false;
	yaml_event_t event;

	while (!end) {
		size_t line;

		if (!yaml_parser_parse(p, &event))
			return bad_yaml(p, name, e);
		end = event.type == YAML_STREAM_END_EVENT;
		line = event.start_mark.line + 1;
		fits = count(&shape, &event);
		yaml_event_delete(&event);
		if (!fits)
			return err_set(e, EBADMSG, "%s:%zu: there is too much in it", name, line);
	}
	return 0;
}

/* The document must have a root and be the only one. */
static int check_only(yaml_parser_t *p, struct yaml_reader *r)
{
	yaml_document_t next;
	int result = 0;

	if (!yaml_document_get_root_node(&r->doc))
		return yaml_bad(r, NULL, "there is nothing in it", "");
	if (!yaml_parser_load(p, &next))
		return bad_yaml(p, r->name, r->e);
	if (yaml_document_get_root_node(&next))
		result = yaml_bad(r, yaml_document_get_root_node(&next),
				  "there is a second document in it", "");
	yaml_document_delete(&next);
	return result;
}

static int check_text(const char *text, size_t len, const char *name, struct err *e)
{
	yaml_parser_t p;
	int result;

	if (!yaml_parser_initialize(&p))
		return err_set(e, ENOMEM, "cannot read '%s'", name);
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	result = check_shape(&p, name, e);
	yaml_parser_delete(&p);
	return result;
}

int yaml_read(const char *text, size_t len, const char *name, struct yaml_reader *ret,
	      struct err *e)
{
	struct yaml_reader r = {.name = name, .e = e};
	yaml_parser_t p;
	int result = check_text(text, len, name, e);

	if (result < 0)
		return result;
	if (!yaml_parser_initialize(&p))
		return err_set(e, ENOMEM, "cannot read '%s'", name);
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	if (!yaml_parser_load(&p, &r.doc)) {
		result = bad_yaml(&p, name, e);
	} else {
		result = check_only(&p, &r);
		if (result < 0)
			yaml_document_delete(&r.doc);
		else
			*ret = r;
	}
	yaml_parser_delete(&p);
	return result;
}

void yaml_read_end(struct yaml_reader *r)
{
	yaml_document_delete(&r->doc);
}

size_t yaml_line(const yaml_node_t *at)
{
	return at ? at->start_mark.line + 1 : 1;
}

int yaml_bad(struct yaml_reader *r, const yaml_node_t *at, const char *what, const char *text)
{
	return err_set(r->e, EBADMSG, *text ? "%s:%zu: %s '%.120s'" : "%s:%zu: %s%.0s", r->name,
		       yaml_line(at), what, text);
}

static int visit(struct yaml_reader *r, const yaml_node_t *at)
{
	return ++r->visits > YAML_VISITS_MAX ? yaml_bad(r, at, "there is too much in it", "") : 0;
}

static bool is_null(const yaml_node_t *n)
{
	const char *text = (const char *)n->data.scalar.value;

	return n->type == YAML_SCALAR_NODE && n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || streq(text, "~") || streq(text, "null"));
}

int yaml_member(struct yaml_reader *r, const yaml_node_t *map, const char *key,
		yaml_node_type_t type, yaml_node_t **ret)
{
	yaml_node_t *found = NULL;

	if (map->type != YAML_MAPPING_NODE)
		return yaml_bad(r, map, "expected a mapping, with", key);
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
	     p++) {
		yaml_node_t *name = yaml_document_get_node(&r->doc, p->key);

		if (visit(r, name) < 0)
			return -EBADMSG;
		if (name->type != YAML_SCALAR_NODE ||
		    !streq((const char *)name->data.scalar.value, key))
			continue;
		if (found)
			return yaml_bad(r, name, "there a second time:", key);
		found = yaml_document_get_node(&r->doc, p->value);
	}
	if (found && is_null(found))
		found = NULL;
	if (found && found->type != type)
		return yaml_bad(r, found,
				type == YAML_SEQUENCE_NODE  ? "expected a list for"
				: type == YAML_MAPPING_NODE ? "expected a mapping for"
							    : "expected text for",
				key);
	*ret = found;
	return 0;
}

int yaml_text(struct yaml_reader *r, const yaml_node_t *n, const char **ret)
{
	const char *text = (const char *)n->data.scalar.value;

	if (n->type != YAML_SCALAR_NODE)
		return yaml_bad(r, n, "expected text", "");
	if (n->data.scalar.length > YAML_TEXT_MAX)
		return yaml_bad(r, n, "longer than can be:", text);
	for (size_t i = 0; i < n->data.scalar.length; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return yaml_bad(r, n, "a control character in", text);
	*ret = text;
	return 0;
}

int yaml_member_text(struct yaml_reader *r, const yaml_node_t *map, const char *key, bool needed,
		     const char **ret)
{
	yaml_node_t *n = NULL;

	if (yaml_member(r, map, key, YAML_SCALAR_NODE, &n) < 0)
		return -EBADMSG;
	if (!n && needed)
		return yaml_bad(r, map, "missing:", key);
	if (!n) {
		*ret = NULL;
		return 0;
	}
	return yaml_text(r, n, ret);
}

int yaml_item(struct yaml_reader *r, const yaml_node_t *list, size_t i, yaml_node_t **ret)
{
	const yaml_node_item_t *start = list ? list->data.sequence.items.start : NULL;

	if (!list || i >= (size_t)(list->data.sequence.items.top - start)) {
		*ret = NULL;
		return 0;
	}
	if (visit(r, list) < 0)
		return -EBADMSG;
	*ret = yaml_document_get_node(&r->doc, start[i]);
	return 0;
}
