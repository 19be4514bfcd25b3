/*
 * holder.h - the process that keeps a project's networks.
 */
#ifndef GATEWAY_HOLDER_H
#define GATEWAY_HOLDER_H

/*
 * Gives launchers their networks (contract.h), until no box is left. Takes the descriptors of
 * contract.h. Returns the exit status of the program.
 */
int holder_run(void);

#endif
