/*
 * name.c - makes random ids, and keys from texts.
 */
#include "store/name.h"

#include <sha256.h>
#include <string.h>
#include <sys/random.h>

void store_new_id(char id[BOX_ID_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[BOX_ID_LEN / 2];

	while (getrandom(raw, sizeof(raw), 0) != sizeof(raw))
		;
	for (size_t i = 0; i < sizeof(raw); i++) {
		id[2 * i] = digits[raw[i] >> 4];
		id[2 * i + 1] = digits[raw[i] & 15];
	}
	id[BOX_ID_LEN] = '\0';
}

bool store_valid_id(const char *id)
{
	return strlen(id) == BOX_ID_LEN && strspn(id, "0123456789abcdef") == BOX_ID_LEN;
}

struct store_key store_key(const char *text)
{
	struct store_key key;

	SHA256Data((const uint8_t *)text, strlen(text), key.hex);
	return key;
}
