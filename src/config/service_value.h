/*
 * service_value.h - the syntax of values of [service NAME]: nothing else parses one.
 */
#ifndef CONFIG_SERVICE_VALUE_H
#define CONFIG_SERVICE_VALUE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"

/* A word of `needs`: NAME, NAME:started, NAME:healthy or NAME:completed. */
struct service_need {
	char *name; /* owned */
	enum {
		NEED_READY, /* healthy if it has a health check, else started */
		NEED_STARTED,
		NEED_HEALTHY,
		NEED_COMPLETED /* it has ended, with status 0 */
	} state;
};

int service_need_parse(const char *word, struct service_need *ret, struct err *e);

/* Checks of whole values, for the schema. */
int service_needs_check(const char *value, struct err *e);
/* A value of `network`: either word, the second with the name of a service after it. */
#define SERVICE_NETWORK_PROJECT "project"
#define SERVICE_NETWORK_OTHER	"service:"
int service_network_check(const char *value, struct err *e);
int service_localhost_check(const char *value, struct err *e);

/* no, on-failure, on-failure:N, always, unless-stopped. */
struct service_restart {
	enum { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS, RESTART_UNLESS_STOPPED } when;
	unsigned long most; /* on-failure: so many in a row; 0: no limit */
};

int service_restart_parse(const char *value, struct service_restart *ret, struct err *e);

/*
 *	none			no check, whatever the image says
 *	port NUMBER		something accepts a TCP connection on the service's loopback
 *	http://...		answers a GET with a status below 400
 *	log TEXT		a line of its output since the start contains TEXT
 *	anything else		a command for /bin/sh, which succeeds
 */
struct service_health {
	enum {
		HEALTH_NONE,
		HEALTH_COMMAND,
		HEALTH_PORT,
		HEALTH_HTTP,
		HEALTH_LOG,
		HEALTH_PROGRAM /* only an image has that */
	} kind;
	char *text;	   /* owned: the command, the port, the URL or what the log contains */
	struct strv words; /* of PROGRAM */
};

int service_health_parse(const char *value, struct service_health *ret, struct err *e);

/*
 * A word of `volumes`: [SOURCE:]TARGET[:ro|:rw][:create]. SOURCE is a path if it begins with '.', '/' or
 * '~', else the name of a volume; left out: a volume without a name. *ret_target and *ret_value are
 * an entry of [mounts], from which one parser (mount_value.h) goes on. The caller frees both.
 */
int service_volume_split(const char *word, char **ret_target, char **ret_value, struct err *e);

/* Appends the words of a command line, as a shell splits them. */
int service_words(const char *value, struct strv *out, struct err *e);

#endif
