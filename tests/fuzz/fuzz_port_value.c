/*
 * fuzz_port_value.c - any text as the value of --publish: what is accepted, written again, is read
 * back the same, and its ports are ports.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/port_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xcalloc(size + 1, 1), *host = NULL, *box = NULL;
	char host_again[PORT_TEXT_MAX], box_again[PORT_TEXT_MAX];
	struct port_value first, second;
	struct err e;

	if (size)
		memcpy(text, data, size);
	port_value_split(text, &host, &box);
	if (port_value_parse(host, box, &first, &e) < 0)
		return 0;
	if (!first.box || !first.n || first.box + first.n > 65536 ||
	    (first.host && first.host + first.n > 65536))
		abort();
	port_value_host(&first, host_again);
	port_value_box(&first, box_again);
	if (port_value_parse(host_again, box_again, &second, &e) < 0 || first.udp != second.udp ||
	    first.family != second.family || first.host != second.host || first.box != second.box ||
	    first.n != second.n || memcmp(first.addr, second.addr, sizeof(first.addr)) != 0 ||
	    port_value_is_public(&first) != port_value_is_public(&second))
		abort();
	if (port_value_overlaps(&first, &second) != (first.host != 0))
		abort();
	return 0;
}
