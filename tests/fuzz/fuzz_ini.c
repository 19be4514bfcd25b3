/*
 * fuzz_ini.c - any bytes as a project file: read and checked without a crash; what is written from
 * it reads back the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "config/ini.h"
#include "config/ini_text.h"
#include "config/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const struct ini *ini)
{
	cleanup_ini struct ini again = {0};
	cleanup_buf struct buf text = BUF_INIT;
	struct err e;

	for (size_t i = 0; i < ini->n; i++) {
		const struct ini_entry *entry = &ini->v[i];
		bool verbatim = entry->key && schema_is_script(entry->section, entry->key);

		/* As in settings: only shell text has several lines. */
		for (char *p = entry->value; p && !verbatim && (p = strchr(p, '\n'));)
			*p = ' ';
		if (entry->key)
			ini_write(&text, "", entry->key, entry->value, verbatim);
		else
			buf_addf(&text, "[%s]\n", entry->section);
	}
	if (ini_parse_text(text.data, text.len, "again", schema_is_script, &again, &e) < 0 ||
	    again.n != ini->n)
		abort();
	for (size_t i = 0; i < ini->n; i++)
		if (!streq(again.v[i].section, ini->v[i].section) ||
		    (ini->v[i].key && (!streq(again.v[i].key, ini->v[i].key) ||
				       !streq(again.v[i].value, ini->v[i].value))))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_ini struct ini ini = {0};
	const struct schema_key *row;
	unsigned int line = 0;
	struct err e;

	if (ini_parse_text((const char *)data, size, "fuzz", schema_is_script, &ini, &e) < 0)
		return 0;
	for (size_t i = 0; i < ini.n; i++) {
		const struct ini_entry *entry = &ini.v[i];

		/*
		 * Line numbers only grow, a key has a value, and no control character gets through.
		 */
		if (entry->line <= line || (entry->key && !entry->value))
			abort();
		for (const char *s = entry->value; s && *s; s++)
			if ((unsigned char)*s < ' ' && *s != '\n' && *s != '\t')
				abort();
		line = entry->line;
		if (entry->key)
			schema_check(entry->section, entry->key, entry->value, &row, &e);
		else
			schema_check_section(entry->section, &e);
	}
	if (ini.n)
		check_round_trip(&ini);
	return 0;
}
