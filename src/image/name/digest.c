/*
 * digest.c - the text form of digests.
 */
#include "image/name/digest.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define PREFIX "sha256:"

bool digest_valid_hex(const char *hex)
{
	return strspn(hex, "0123456789abcdef") == DIGEST_HEX_LEN && !hex[DIGEST_HEX_LEN];
}

int digest_parse(const char *text, struct digest *ret, struct err *e)
{
	char quoted[160];

	if (starts_with(text, PREFIX) && digest_valid_hex(text + strlen(PREFIX))) {
		memcpy(ret->hex, text + strlen(PREFIX), DIGEST_HEX_LEN + 1);
		return 0;
	}
	return err_set(e, ERR_USAGE,
		       "'%s' is not a digest: expected '" PREFIX "' and %d lower-case hexadecimal "
		       "digits",
		       err_quote(quoted, sizeof(quoted), text), DIGEST_HEX_LEN);
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return streq(a->hex, b->hex);
}

struct digest_text digest_text(const struct digest *d)
{
	struct digest_text t;

	snprintf(t.s, sizeof(t.s), PREFIX "%s", d->hex);
	return t;
}
