/*
 * fuzz_flight.c - any bytes as the first ones of a connection: nothing is read outside them, a name
 * is one, and more bytes never change what was understood.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/flight.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of exactly that size, so that the sanitizer sees a byte too far. */
static enum flight read_exactly(const uint8_t *data, size_t len, char *name)
{
	uint8_t *copy = malloc(len ? len : 1);
	enum flight r;

	if (!copy)
		abort();
	memcpy(copy, data, len);
	r = flight_read(copy, len, name);
	free(copy);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[NET_NAME_MAX] = "", earlier[NET_NAME_MAX] = "";
	enum flight whole = read_exactly(data, size, name), part;
	size_t step = size / 16 + 1;

	if (whole == FLIGHT_NAME && !net_rule_is_name(name))
		abort();
	for (size_t len = 0; len < size; len += step) {
		part = read_exactly(data, len, earlier);
		if (part != FLIGHT_MORE && part != whole)
			abort();
		if (part == FLIGHT_NAME && strcmp(name, earlier) != 0)
			abort();
	}
	return 0;
}
