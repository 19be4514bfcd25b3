/*
 * consent.h - asking the user for what a project wants of this machine.
 */
#ifndef CLI_CONSENT_H
#define CLI_CONSENT_H

#include <stdbool.h>

#include "box/reach.h"

/*
 * On a terminal a question, elsewhere an error that says how to accept by `sandbox COMMAND`; accept:
 * neither. There is one at a time.
 */
struct reach_asker consent_asker(const char *command, bool accept);

#endif
