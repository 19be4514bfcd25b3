/*
 * ports_view.h - how commands show the published ports of a box.
 */
#ifndef CLI_PORTS_VIEW_H
#define CLI_PORTS_VIEW_H

#include "base/json.h"
#include "box/record.h"
#include "gateway/contract.h"

#define PORTS_VIEW_TEXT 64

/* "127.0.0.1:8080", "[::1]:8080"; and "80/tcp". */
const char *ports_view_host(const struct gateway_shown *p, char dst[static PORTS_VIEW_TEXT]);
const char *ports_view_box(const struct gateway_shown *p, char dst[static PORTS_VIEW_TEXT]);

/* The array `ports`, of objects with port, protocol, address and host_port. */
void ports_view_json(struct json *j, const char *name, const struct gateway_shown *v, size_t n);

/*
 * For lists: "8080->80,5353->53/udp", each port once, or "-". A holder that does not answer has
 * none. The caller frees it.
 */
char *ports_view_short(const struct box *b);

/* The member `ports` of a box, for the same lists. */
void ports_view_json_member(struct json *j, const struct box *b);

#endif
