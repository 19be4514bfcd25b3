/*
 * fuzz_quote.c - any bytes as untrusted text that is shown to a person.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_shown(const char *text)
{
	unsigned int marks = 0;

	for (size_t n; *text; text += n) {
		n = quote_plain(text, &marks);
		if (n == 0)
			abort();
	}
}

/* The result is visible text, is UTF-8, and does not change when it is quoted again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size), *quoted = err_quote_all(text);
	cleanup_free char *again = err_quote_all(quoted), *word = quote_shell(text);
	cleanup_buf struct buf ascii = BUF_INIT, all = BUF_INIT, whole = BUF_INIT;
	char small[16];

	check_shown(quoted);
	check_shown(word);
	if (!streq(quoted, again))
		abort();
	quote_ascii(text, &ascii);
	check_shown(ascii.data);
	for (size_t i = 0; i < ascii.len; i++)
		if (ascii.data[i] & 0x80)
			abort();
	check_shown(err_quote(small, sizeof(small), text));
	buf_add(&whole, data, size);
	quote_text(whole.data, whole.len, &all);
	if (memchr(all.data, '\x1b', all.len) || strlen(all.data) != all.len)
		abort();
	return 0;
}
