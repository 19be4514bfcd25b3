/*
 * feature_document.h - the devcontainer-feature.json of a feature.
 */
#ifndef IMAGE_FEATURE_FEATURE_DOCUMENT_H
#define IMAGE_FEATURE_FEATURE_DOCUMENT_H

#include <jansson.h>

#include "base/err.h"
#include "base/mem.h"

#define FEATURE_DOCUMENT     "devcontainer-feature.json"
#define FEATURE_DOCUMENT_MAX (1u << 20)

/*
 * Reads and checks it; comments are allowed. what: for messages. EBADMSG if a value that decides
 * anything here has another type.
 */
int feature_document_read(const char *text, size_t len, const char *what, json_t **ret,
			  struct err *e);

/* Appends its id now, and those that it had before. */
void feature_document_aliases(const json_t *doc, struct strv *out);

/*
 * The variables that install.sh gets: NAME=value of each option, given or by default. given: an
 * object. unknown gets the names of those that the document does not have.
 */
void feature_document_options(const json_t *doc, const json_t *given, struct strv *out,
			      struct strv *unknown);

/* What the label of an image keeps of it; the caller releases it. */
json_t *feature_document_label(const json_t *doc, const char *id);

#endif
