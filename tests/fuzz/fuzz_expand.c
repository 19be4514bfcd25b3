/*
 * fuzz_expand.c - any text with variables and quotes: what is kept as written is the text again,
 * and a result is not longer than allowed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "build/expand.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xcalloc(size + 1, 1);
	const struct expand_options keep = {
		.escape = '\\', .raw_quotes = true, .raw_escapes = true, .keep = EXPAND_KEEP_ALL};
	struct expand_options options = {.escape = '\\'};
	cleanup_variables struct variables vars = {0};
	const struct variables none = {0};
	cleanup_buf struct buf out = BUF_INIT, same = BUF_INIT;
	cleanup_strv struct strv words = {0};
	bool kept = false;
	struct err e;

	if (!size)
		return 0;
	memcpy(text, data + 1, size - 1);
	options.escape = data[0] & 1 ? '`' : '\\';
	options.no_quotes = data[0] & 2;
	options.raw_quotes = data[0] & 4;
	options.raw_escapes = data[0] & 8;
	options.keep = (data[0] >> 4) % 3;
	if (variables_set(&vars, "A", "a/b.c  *?\\", &e) < 0 ||
	    variables_set(&vars, "E", "", &e) < 0 ||
	    variables_set(&vars, "U", "\xc3\xa9\xff\xe2\x82", &e) < 0)
		abort();
	if (expand(text, &options, &vars, &out, &kept, &e) < 0) {
		if (out.len)
			abort();
	} else if (out.len > VARIABLES_TEXT_MAX + strlen(text) + 16 ||
		   (kept && options.keep == EXPAND_KEEP_NONE)) {
		abort();
	}
	(void)expand_words(text, &options, &vars, &words, NULL, &e);
	if (!strchr(text, '\\') && expand(text, &keep, &none, &same, NULL, &e) == 0 &&
	    !streq(same.data, text))
		abort();
	return 0;
}
