/*
 * consent.h - asking the user for what a project wants of this machine.
 */
#ifndef CLI_CONSENT_H
#define CLI_CONSENT_H

#include <stdbool.h>

#include "grant/reach.h"

struct consent {
	bool accept;	     /* --accept was given */
	const char *command; /* the command that takes --accept, for the message */
	const char *option;  /* before the project there: "--project "; NULL: it is a word */
};

/* On a terminal asks, otherwise fails with an error that names the command. c must outlive it. */
struct reach_asker consent_asker(const struct consent *c);

#endif
