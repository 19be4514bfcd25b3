/*
 * consent.h - asking the user for what a project wants of this machine.
 */
#ifndef CLI_CONSENT_H
#define CLI_CONSENT_H

#include <stdbool.h>

#include "box/reach.h"

/* On a terminal a question, elsewhere an error that names the command; accept: neither. */
struct reach_asker consent_asker(bool accept);

#endif
