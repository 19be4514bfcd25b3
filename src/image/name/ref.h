/*
 * ref.h - names of images: refs/<name>, one small file each, renamed into place.
 *
 *	sha256:<manifest of this machine's platform>
 *	sha256:<the index it was chosen from>		only if there is one
 *
 * The launcher reads them too.
 */
#ifndef IMAGE_NAME_REF_H
#define IMAGE_NAME_REF_H

#include "base/mem.h"
#include "image/name/digest.h"
#include "image/name/reference.h"

struct ref {
	struct digest manifest;
	struct digest index; /* hex "" : none */
};

/*
 * The name of a reference in refs/: with a digest "registry/path@sha256:...", whatever its tag;
 * else "registry/path:tag". The caller frees it.
 */
char *ref_name(const struct reference *r);

/*
 * datafd: the data directory of a store. name: from ref_name(). -ENOENT: no such name; -EBADMSG: it
 * is damaged.
 */
int ref_read(int datafd, const char *name, struct ref *ret, struct err *e);
int ref_write(int datafd, const char *name, const struct ref *ref, struct err *e);
int ref_remove(int datafd, const char *name, struct err *e);

/* All names, sorted; files that cannot be names are skipped. */
int ref_list(int datafd, struct strv *ret_names, struct err *e);

#endif
