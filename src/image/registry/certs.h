/*
 * certs.h - certificates that are kept for one registry, where other tools look for them
 * (containers-certs.d(5), Docker's certs.d): the first directory named HOST[:PORT] in
 *
 *	~/.config/containers/certs.d, ~/.config/docker/certs.d,
 *	/etc/containers/certs.d, /etc/docker/certs.d
 *
 * holds authorities (*.crt), trusted besides those of the system, and ours for the server (*.cert, with a
 * .key beside it).
 */
#ifndef IMAGE_REGISTRY_CERTS_H
#define IMAGE_REGISTRY_CERTS_H

#include "base/buf.h"
#include "base/err.h"

struct certs {
	struct buf authorities; /* PEM, one after the other; empty: none */
	char *cert, *key;	/* paths, or NULL */
};

#define CERTS_INIT                      \
	{                               \
		.authorities = BUF_INIT \
	}

/* For the server of a URL. What is there and cannot be read is an error, but for a directory of others. */
int certs_find(const char *url, struct certs *ret, struct err *e);
void certs_clear(struct certs *c);
#define cleanup_certs __attribute__((cleanup(certs_clear)))

#endif
