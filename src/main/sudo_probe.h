/*
 * sudo_probe.h - does a service answer? Asked from inside its box.
 */
#ifndef MAIN_SUDO_PROBE_H
#define MAIN_SUDO_PROBE_H

/*
 * kind "port": text is a port, on which 127.0.0.1 or ::1 accepts a connection. kind "http": text is
 * a URL http://HOST[:PORT][/PATH] that a GET answers with a status below 400; the connection goes
 * to HOST if that is an IPv4 address, else to the loopback. Returns 0, or 1. Waits as long as it is
 * not killed.
 */
int probe(const char *kind, const char *text);

#endif
