/*
 * zone.h - the host's time zone.
 */
#ifndef GRANT_ZONE_H
#define GRANT_ZONE_H

/*
 * The zone as TZ has it: $TZ, else what /etc/localtime is, by name or as a rule; NULL for UTC, in which
 * every box is without it. The caller frees.
 */
char *zone_name(void);

/* The rule of a zone (tzset(3)) from the end of its file, or NULL; tzfile(5). The caller frees. */
char *zone_rule(const char *zone);

#endif
