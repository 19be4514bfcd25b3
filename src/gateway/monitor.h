/*
 * monitor.h - the parent of a gateway.
 */
#ifndef GATEWAY_MONITOR_H
#define GATEWAY_MONITOR_H

/*
 * Starts the gateway and another one whenever it ends, until the box's pid 1 has ended. Takes the
 * descriptors of contract.h. Returns the exit status of the program.
 */
int monitor_run(void);

#endif
