/*
 * project_links.h - [network] links: the other projects whose services and boxes this one reaches,
 * if they name it, too.
 */
#ifndef START_PROJECT_LINKS_H
#define START_PROJECT_LINKS_H

#include "config/settings.h"
#include "gateway/link.h"

/* An error names the line: a directory that does not exist, or two with the same name. */
int project_links_read(const struct settings *s, struct gateway_links *ret, struct err *e);

#endif
