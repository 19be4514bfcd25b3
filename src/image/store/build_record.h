/*
 * build_record.h - layers that steps of builds have made, by what made them.
 *
 *	DATA/steps/build-<key>	"diff-id chain-id blob size time", hex digests and numbers; then
 *				what made the layer, for people
 *
 * Only a cache: what a record names may be gone, and a record may be empty after a power cut.
 */
#ifndef IMAGE_STORE_BUILD_RECORD_H
#define IMAGE_STORE_BUILD_RECORD_H

#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "base/mem.h"
#include "image/name/digest.h"

struct build_record {
	struct digest diff_id, chain, blob;
	uint64_t size; /* of the blob */
	time_t made;
};

/* -ENOENT if there is none, or it is damaged. datafd: the data directory. */
int build_record_read(int datafd, const struct digest *key, struct build_record *ret,
		      struct err *e);
int build_record_write(int datafd, const struct digest *key, const struct build_record *record,
		       const char *text, struct err *e);

/* Appends the keys of all records, as hex digests. */
int build_record_list(int datafd, struct strv *out, struct err *e);

#endif
