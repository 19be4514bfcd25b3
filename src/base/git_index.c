/*
 * git_index.c - parses the entries of an index, versions 2 to 4, with hashes of 20 or 32 bytes.
 *
 * The hash length is set in the repository's configuration, which is not read here: the right
 * length is the one with which entries and extensions fill the file exactly.
 */
#include "base/git_index.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"

#define HEADER	    12
#define STAT_BYTES  40
#define MODE_AT	    24
#define EXTENDED    0x4000
#define GITLINK	    0160000
#define FORMAT	    0170000
#define NAME_MAX_4K 4096

struct reader {
	const unsigned char *data;
	size_t len, at, hash;
	uint32_t version;
	char name[NAME_MAX_4K + 1]; /* of the previous entry */
	size_t name_len;
};

static uint32_t get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The number of bytes to cut off the previous name; git's varint.c. */
static bool read_varint(struct reader *r, size_t *ret)
{
	size_t value = 0;

	for (int i = 0; i < 4; i++) {
		unsigned char c;

		if (r->at >= r->len)
			return false;
		c = r->data[r->at++];
		value = (value << 7) + (c & 127);
		if (!(c & 128)) {
			*ret = value;
			return true;
		}
		value++;
	}
	return false;
}

static bool read_name(struct reader *r, size_t start)
{
	const unsigned char *end;
	size_t strip = 0, keep = 0, n;

	if (r->version == 4) {
		if (!read_varint(r, &strip) || strip > r->name_len)
			return false;
		keep = r->name_len - strip;
	}
	end = memchr(r->data + r->at, '\0', r->len - r->at);
	n = end ? (size_t)(end - (r->data + r->at)) : 0;
	if (!end || keep + n > NAME_MAX_4K)
		return false;
	memcpy(r->name + keep, r->data + r->at, n);
	r->name_len = keep + n;
	r->name[r->name_len] = '\0';
	r->at += n + 1;
	if (r->version != 4)
		r->at = start + ((r->at - 1 - start) / 8 + 1) * 8;
	return r->at <= r->len;
}

/* What git accepts as a path in an index, as far as it matters here. */
static bool is_path(const char *name)
{
	for (const char *p = name;; p++) {
		size_t n = strcspn(p, "/");

		if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		p += n;
		if (!*p)
			return true;
	}
}

static bool read_entry(struct reader *r, struct git_index *out)
{
	size_t start = r->at, fixed = STAT_BYTES + r->hash + 2;
	uint32_t mode, flags;

	if (r->len - r->at < fixed + 1)
		return false;
	mode = get32(r->data + r->at + MODE_AT);
	flags = (uint32_t)r->data[r->at + fixed - 2] << 8 | r->data[r->at + fixed - 1];
	if (mode & ~(FORMAT | 0777u) || !(mode & FORMAT))
		return false;
	r->at += fixed;
	if (r->version > 2 && flags & EXTENDED)
		r->at += 2;
	if (r->at >= r->len || !read_name(r, start))
		return false;
	if ((mode & FORMAT) == GITLINK && !*r->name)
		out->unnamed = true;
	if ((mode & FORMAT) == GITLINK && is_path(r->name))
		strv_push(&out->gitlinks, r->name);
	return out->gitlinks.n <= GIT_INDEX_MAX_GITLINKS;
}

/* An extension that only caches what the entries say changes nothing that git reports. */
static void take_extension(const struct reader *r, const unsigned char *data, size_t len,
			   struct git_index *out)
{
	static const char harmless[][5] = {"TREE", "REUC", "EOIE", "IEOT"};
	const char *name = (const char *)r->data + r->at;

	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		if (memcmp(name, harmless[i], 4) == 0)
			return;
	out->extended = true;
	if (memcmp(name, "link", 4) == 0 && len >= r->hash)
		for (size_t i = 0; i < r->hash; i++)
			snprintf(out->shared + 2 * i, 3, "%02x", data[i]);
}

static bool read_extensions(struct reader *r, struct git_index *out)
{
	while (r->len - r->at > r->hash) {
		size_t len;

		if (r->len - r->at < 8 + r->hash)
			return false;
		len = get32(r->data + r->at + 4);
		if (len > r->len - r->at - 8 - r->hash)
			return false;
		take_extension(r, r->data + r->at + 8, len, out);
		r->at += 8 + len;
	}
	return r->len - r->at == r->hash;
}

static bool walk(const struct buf *data, size_t hash, struct git_index *out)
{
	struct reader r = {.data = (const unsigned char *)data->data,
			   .len = data->len,
			   .at = HEADER,
			   .hash = hash};
	uint32_t n;

	if (data->len < HEADER + hash || memcmp(data->data, "DIRC", 4) != 0)
		return false;
	r.version = get32(r.data + 4);
	if (r.version < 2 || r.version > 4)
		return false;
	n = get32(r.data + 8);
	for (uint32_t i = 0; i < n; i++)
		if (!read_entry(&r, out))
			return false;
	return read_extensions(&r, out);
}

int git_index_parse(const struct buf *data, struct git_index *ret, struct err *e)
{
	static const size_t hashes[] = {20, 32};

	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
		struct git_index index = {0};

		if (walk(data, hashes[i], &index)) {
			*ret = index;
			return 0;
		}
		git_index_clear(&index);
	}
	return err_set(e, EINVAL, "it is not a git index of version 2 to 4");
}

static int read_one(int dir, const char *name, struct git_index *ret, struct err *e)
{
	cleanup_buf struct buf data = BUF_INIT;
	int r = file_read(dir, name, GIT_INDEX_MAX, &data, e);

	if (r == 0 && (r = git_index_parse(&data, ret, e)) < 0)
		return err_add(e, "cannot read git's '%s'", name);
	return r;
}

int git_index_read(int dir, struct git_index *ret, struct err *e)
{
	cleanup_git_index struct git_index index = {0}, shared = {0};
	char name[sizeof("sharedindex.") + sizeof(index.shared)];
	int r = read_one(dir, "index", &index, e);

	if (r == 0 && index.unnamed)
		return err_set(e, ENOTSUP,
			       "git's index is split: 'git update-index --no-split-index' makes it "
			       "one file again");
	if (r == 0 && *index.shared) {
		snprintf(name, sizeof(name), "sharedindex.%s", index.shared);
		r = read_one(dir, name, &shared, e);
		for (size_t i = 0; i < shared.gitlinks.n; i++)
			if (!strv_has(&index.gitlinks, shared.gitlinks.v[i]))
				strv_push(&index.gitlinks, shared.gitlinks.v[i]);
	}
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = index;
	index = (struct git_index){0};
	return 0;
}

void git_index_clear(struct git_index *index)
{
	strv_clear(&index->gitlinks);
	*index = (struct git_index){0};
}
