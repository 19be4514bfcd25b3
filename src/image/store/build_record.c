/*
 * build_record.c - see build_record.h.
 */
#include "image/store/build_record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"

#define PREFIX	   "build-"
#define RECORD_MAX (64u << 20)

static char *path_of(const struct digest *key)
{
	return xasprintf("steps/" PREFIX "%s", key->hex);
}

static bool take(const char *hex, struct digest *ret)
{
	if (!digest_valid_hex(hex))
		return false;
	memcpy(ret->hex, hex, sizeof(ret->hex));
	return true;
}

static bool parse(const char *text, struct build_record *ret)
{
	char hex[3][DIGEST_HEX_LEN + 1];
	unsigned long long size;
	long long made;

	if (sscanf(text, "%64s %64s %64s %llu %lld\n", hex[0], hex[1], hex[2], &size, &made) != 5 ||
	    !take(hex[0], &ret->diff_id) || !take(hex[1], &ret->chain) || !take(hex[2], &ret->blob))
		return false;
	ret->size = size;
	ret->made = (time_t)made;
	return true;
}

int build_record_read(int datafd, const struct digest *key, struct build_record *ret, struct err *e)
{
	cleanup_free char *path = path_of(key);
	cleanup_buf struct buf text = BUF_INIT;
	struct build_record record;
	int r = file_read(datafd, path, RECORD_MAX, &text, e);

	if (r < 0)
		return r;
	if (!parse(text.data, &record))
		return err_set(e, ENOENT, "the record '%s' is damaged", path);
	*ret = record;
	return 0;
}

int build_record_write(int datafd, const struct digest *key, const struct build_record *record,
		       const char *text, struct err *e)
{
	cleanup_free char *path = path_of(key);
	cleanup_free char *whole = xasprintf(
		"%s %s %s %llu %lld\n%s", record->diff_id.hex, record->chain.hex, record->blob.hex,
		(unsigned long long)record->size, (long long)record->made, text);

	return file_write_passing(datafd, path, whole, strlen(whole), 0600, e);
}

int build_record_list(int datafd, struct strv *out, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = dir_names(datafd, "steps", &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++)
		if (starts_with(names.v[i], PREFIX) &&
		    digest_valid_hex(names.v[i] + strlen(PREFIX)))
			strv_push(out, names.v[i] + strlen(PREFIX));
	return r == -ENOENT ? 0 : r;
}
