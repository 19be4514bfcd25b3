/*
 * certs.h - certificates for one registry, in the places of other tools (containers-certs.d(5),
 * Docker's certs.d): the first directory named HOST[:PORT] in
 *
 *	~/.config/containers/certs.d, ~/.config/docker/certs.d,
 *	/etc/containers/certs.d, /etc/docker/certs.d
 *
 * holds CA certificates (*.crt), trusted in addition to the system's, and client certificates
 * (*.cert, with a .key beside it).
 */
#ifndef IMAGE_REGISTRY_CERTS_H
#define IMAGE_REGISTRY_CERTS_H

#include "base/buf.h"
#include "base/err.h"

struct certs {
	struct buf authorities; /* PEM, concatenated; may be empty */
	char *cert, *key;	/* paths, or NULL */
};

#define CERTS_INIT                      \
	{                               \
		.authorities = BUF_INIT \
	}

/*
 * For the server of a URL. A file that exists but cannot be read is an error, unless its directory
 * belongs to others.
 */
int certs_find(const char *url, struct certs *out, struct err *e);
void certs_clear(struct certs *c);
#define cleanup_certs __attribute__((cleanup(certs_clear)))

#endif
