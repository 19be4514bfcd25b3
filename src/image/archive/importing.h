/*
 * importing.h - what import.c and import_docker.c share.
 */
#ifndef IMAGE_ARCHIVE_IMPORTING_H
#define IMAGE_ARCHIVE_IMPORTING_H

#include "image/archive/bundle.h"
#include "image/archive/import.h"
#include "image/name/ref.h"

struct importing {
	const struct import_request *req;
	struct bundle bundle;
	char *path; /* of the source, without a tag */
	char *tag;  /* chosen, or NULL */
	struct strv *names;
};

/* Installs an image whose blobs are in the store under a name that is given or the source's own. */
int import_install(struct importing *im, const struct ref *ref, const char *name, struct err *e);

/* "app.tar" or "app" to "app", for an archive whose images have tags or nothing as names. */
char *import_base_name(const char *path);

/* Is name what SOURCE:TAG means: "docker.io/library/app:1" by "app:1", "1" or the whole? */
bool import_has_tag(const char *name, const char *tag);

/* Errors: NAME can be one image's alone; TAG is none's. */
int import_several(const struct strv *names, struct err *e);
int import_no_image(const struct importing *im, struct err *e);

/* The images of an OCI layout, in an archive or a directory. */
int import_oci(struct importing *im, struct err *e);

/* The images of a docker-archive. */
int import_docker(struct importing *im, struct err *e);

#endif
