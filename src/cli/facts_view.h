/*
 * facts_view.h - how commands show what a box takes over from its host.
 */
#ifndef CLI_FACTS_VIEW_H
#define CLI_FACTS_VIEW_H

#include "base/json.h"
#include "config/settings.h"

/*
 * Prints a line for each, after prefix: the name, the present value, when and from where it is
 * read.
 */
void facts_view_print(const char *prefix, const struct settings *s);

/* The member `facts`: an array of objects. */
void facts_view_json(struct json *j, const struct settings *s);

#endif
