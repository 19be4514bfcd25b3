/*
 * service_view.h - what services do, as a table and as JSON.
 */
#ifndef CLI_SERVICE_VIEW_H
#define CLI_SERVICE_VIEW_H

#include "base/json.h"
#include "flow/services.h"

void service_view_header(void);
/* name: of the service, or of its box. */
void service_view_print(const char *name, const struct service_state *s, bool held);

/* The members state, health, restarts, exit, since, error, held. */
void service_view_json_members(struct json *j, const struct service_state *s, bool held);

/* All of a group, on stdout. */
int service_view_group(const struct service_group *g, bool json, struct err *e);

#endif
