/*
 * ini_add.c - adding to a file that a person has written.
 *
 * The line is found by the reader of INI files, and the new text is read by it before it is
 * returned: if it says anything else than before, but for the word, the person has to write it.
 */
#include "config/ini_add.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/ini.h"
#include "config/ini_text.h"
#include "config/schema.h"
#include "config/value.h"

/* Where the line of that number, from 1 on, begins. */
static const char *line_at(const char *text, unsigned number)
{
	while (number-- > 1) {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return text;
}

/* Behind the value that ends the line: in front of blanks, a comment, and a quote. */
static const char *end_of_value(const char *line)
{
	size_t len = strcspn(line, "\r\n"), from = strcspn(line, "=:") + 1, end;

	from = from > len ? len : ini_skip_blanks(line, from, len);
	end = ini_find_comment(line, from, len);
	while (end > from && ini_is_blank(line[end - 1]))
		end--;
	if (end > from + 1 && line[from] == '"' && line[end - 1] == '"')
		end--;
	return line + end;
}

static int read_text(const char *name, const char *text, struct ini *ret, struct err *e)
{
	return ini_parse_text(text, strlen(text), name, schema_is_script, ret, e);
}

/*
 * The last entry of a key of a section, or with key NULL the line that begins it; NULL: it is not
 * there.
 */
static const struct ini_entry *find(const struct ini *ini, const char *section, const char *key)
{
	const struct ini_entry *found = NULL;

	for (size_t i = 0; i < ini->n; i++) {
		const struct ini_entry *entry = &ini->v[i];

		if (streq(entry->section, section) &&
		    (key ? entry->key && streq(entry->key, key) : !entry->key))
			found = entry;
	}
	return found;
}

static void add_to(const char *text, const struct ini *ini, const char *section, const char *key,
		   const char *word, struct buf *out)
{
	const struct ini_entry *list = find(ini, section, key), *head = find(ini, section, NULL);
	size_t len = strlen(text);
	const char *at;

	if (list) {
		at = end_of_value(line_at(text, list->line));
		buf_add(out, text, (size_t)(at - text));
		buf_addf(out, "%s%s%s", *list->value ? " " : "", word, at);
	} else if (head) {
		at = line_at(text, head->line + 1);
		buf_add(out, text, (size_t)(at - text));
		buf_addf(out, "%s%s = %s\n%s", at > text && at[-1] == '\n' ? "" : "\n", key, word,
			 at);
	} else {
		buf_addstr(out, text);
		buf_addf(out, "%s%s[%s]\n%s = %s\n", len && text[len - 1] != '\n' ? "\n" : "",
			 len ? "\n" : "", section, key, word);
	}
}

static bool is_same(const struct ini_entry *a, const struct ini_entry *b)
{
	if (!streq(a->section, b->section) || !a->key != !b->key)
		return false;
	return !a->key || (streq(a->key, b->key) && streq(a->value, b->value));
}

/* Do both say the same, but for these entries? Each may be NULL. */
static bool are_others_same(const struct ini *was, const struct ini_entry *list,
			    const struct ini *now, const struct ini_entry *new_list,
			    const struct ini_entry *new_head)
{
	const struct ini_entry *a = was->v, *b = now->v;

	for (;; a++, b++) {
		while (a < was->v + was->n && a == list)
			a++;
		while (b < now->v + now->n && (b == new_list || b == new_head))
			b++;
		if (a == was->v + was->n || b == now->v + now->n)
			return a == was->v + was->n && b == now->v + now->n;
		if (!is_same(a, b))
			return false;
	}
}

/* Is the word behind the others, and everything else as it was? */
static bool is_added(const struct ini *was, const struct ini *now, const char *section,
		     const char *key, const char *word)
{
	const struct ini_entry *list = find(was, section, key), *new_list = find(now, section, key);
	cleanup_strv struct strv before = {0}, after = {0};

	if (!new_list)
		return false;
	value_words(list ? list->value : "", &before);
	value_words(new_list->value, &after);
	strv_push(&before, word);
	if (before.n != after.n)
		return false;
	for (size_t i = 0; i < before.n; i++)
		if (!streq(before.v[i], after.v[i]))
			return false;
	return are_others_same(was, list, now, new_list,
			       find(was, section, NULL) ? NULL : find(now, section, NULL));
}

int ini_add_word(const char *name, const char *text, const char *section, const char *key,
		 const char *word, struct buf *out, struct err *e)
{
	cleanup_ini struct ini was = {0}, now = {0};
	cleanup_buf struct buf made = BUF_INIT;
	struct err ignored;
	int r = read_text(name, text, &was, e);

	if (r < 0)
		return r;
	add_to(text, &was, section, key, word, &made);
	if (read_text(name, made.data, &now, &ignored) < 0 ||
	    !is_added(&was, &now, section, key, word))
		return err_set(e, ERR_USAGE, "%s: add '%s = %s' to [%s] by hand", name, key, word,
			       section);
	buf_add(out, made.data, made.len);
	return 0;
}
