/*
 * consent.h - asking the user for what a project wants of this machine.
 */
#ifndef CLI_CONSENT_H
#define CLI_CONSENT_H

#include <stdbool.h>

#include "grant/reach.h"

struct consent {
	bool accept;	     /* it was given with the command */
	const char *command; /* that takes --accept, for the message */
};

/* On a terminal a question, elsewhere an error that names the command. c is to outlive it. */
struct reach_asker consent_asker(const struct consent *c);

#endif
