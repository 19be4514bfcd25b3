/*
 * fuzz_ini.c - any bytes as a project file: read, checked, expanded, never crashing.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/ini.h"
#include "config/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_ini struct ini ini = {0};
	const struct schema_key *row;
	unsigned int line = 0;
	struct err e;

	if (ini_parse_text((const char *)data, size, "fuzz", &ini, &e) < 0)
		return 0;
	for (size_t i = 0; i < ini.n; i++) {
		const struct ini_entry *entry = &ini.v[i];

		/* Lines only grow, a key has a value, and no control character gets through. */
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
	return 0;
}
