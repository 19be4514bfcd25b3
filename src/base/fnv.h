/*
 * fnv.h - FNV-1a, 64 bits: where nobody gains by making two texts have the same hash.
 */
#ifndef BASE_FNV_H
#define BASE_FNV_H

#include <stdint.h>

static inline uint64_t fnv1a(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return h;
}

#endif
