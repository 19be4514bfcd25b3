/*
 * zone.h - the host's time zone.
 */
#ifndef GRANT_ZONE_H
#define GRANT_ZONE_H

/*
 * The zone in the form of TZ: $TZ, else that of /etc/localtime, by name or as a rule; NULL for UTC,
 * which every box uses anyway. The caller frees it.
 */
char *zone_name(void);

/*
 * The rule of a zone (tzset(3)) from the end of its file, or NULL; tzfile(5). The caller frees it.
 */
char *zone_rule(const char *zone);

#endif
