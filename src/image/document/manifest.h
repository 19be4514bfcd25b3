/*
 * manifest.h - the three JSON documents of an image: index, manifest, config (OCI image-spec 1.1,
 * Docker image manifest v2 schema 2), read from untrusted bytes.
 *
 * Promises: what these functions return is checked - digests well-formed, sizes in range, numbers
 * of layers and entries bounded, strings without NUL - and owned by the struct. Refuses a document
 * that is two kinds at once (CVE-2021-41190), one whose mediaType contradicts how it was announced,
 * schema 1, and nesting and sizes beyond the limits below.
 */
#ifndef IMAGE_DOCUMENT_MANIFEST_H
#define IMAGE_DOCUMENT_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "image/name/digest.h"
#include "image/name/platform.h"

#define MANIFEST_MAX_BYTES   (4u << 20) /* the limit of registries, distribution-spec */
#define MANIFEST_MAX_ENTRIES 1000

#define MEDIA_OCI_MANIFEST     "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_OCI_INDEX	       "application/vnd.oci.image.index.v1+json"
#define MEDIA_OCI_CONFIG       "application/vnd.oci.image.config.v1+json"
#define MEDIA_OCI_LAYER	       "application/vnd.oci.image.layer.v1.tar"
#define MEDIA_OCI_LAYER_GZIP   "application/vnd.oci.image.layer.v1.tar+gzip"
#define MEDIA_OCI_LAYER_ZSTD   "application/vnd.oci.image.layer.v1.tar+zstd"
#define MEDIA_DOCKER_MANIFEST  "application/vnd.docker.distribution.manifest.v2+json"
#define MEDIA_DOCKER_LIST      "application/vnd.docker.distribution.manifest.list.v2+json"
#define MEDIA_DOCKER_CONFIG    "application/vnd.docker.container.image.v1+json"
#define MEDIA_DOCKER_LAYER     "application/vnd.docker.image.rootfs.diff.tar"
#define MEDIA_DOCKER_LAYER_GZ  "application/vnd.docker.image.rootfs.diff.tar.gzip"
#define MEDIA_DOCKER_LAYER_ZST "application/vnd.docker.image.rootfs.diff.tar.zstd"

struct descriptor {
	char *media_type; /* "": not given */
	struct digest digest;
	uint64_t size;
};

struct index_entry {
	struct descriptor d;
	struct platform platform; /* all NULL: not given */
	char *ref_name;		  /* the name in its annotations, or NULL */
	char *artifact_type;	  /* of something other than an image, or NULL */
	bool attestation;	  /* attests another entry (BuildKit) */
};

struct image_index {
	struct index_entry *v;
	size_t n;
};

struct manifest {
	char *media_type;    /* MEDIA_OCI_MANIFEST or MEDIA_DOCKER_MANIFEST */
	char *artifact_type; /* or NULL */
	struct descriptor config;
	struct descriptor *layers; /* bottom first */
	size_t n_layers;
};

enum document { DOCUMENT_MANIFEST, DOCUMENT_INDEX };

/*
 * The kind of text. announced is the media type it came with (Content-Type, descriptor), or NULL; a
 * document that contradicts it is an error.
 */
int document_kind(const char *text, size_t len, const char *announced, enum document *ret,
		  struct err *e);

/* Each returns 0, or an error (EBADMSG) with the reason; then *ret is untouched. */
int image_index_parse(const char *text, size_t len, struct image_index *ret, struct err *e);
int manifest_parse(const char *text, size_t len, struct manifest *ret, struct err *e);

void image_index_clear(struct image_index *index);
void manifest_clear(struct manifest *m);
#define cleanup_index	 __attribute__((cleanup(image_index_clear)))
#define cleanup_manifest __attribute__((cleanup(manifest_clear)))

/*
 * -ENOTSUP, naming a media type, if the document does not describe files: a chart, a signature, an
 * attestation, a plugin. The compression of a layer is detected from its bytes (inflate.h).
 */
int manifest_is_image(const struct manifest *m, struct err *e);

/* Can this media type be that of an index or a manifest, or of an image's config? */
bool document_type_known(const char *media_type);
bool config_type_known(const char *media_type);

/* An image may contain a layer several times: is layer i the first with its digest? */
bool manifest_layer_is_first(const struct manifest *m, size_t i);

/* Makes it an OCI manifest: a Docker one may not contain zstd layers. */
void manifest_become_oci(struct manifest *m);

/* Writes the manifest as OCI or Docker JSON, by its media_type; the caller frees it. */
char *manifest_format(const struct manifest *m);

#endif
