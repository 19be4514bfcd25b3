/*
 * tar_sizes.c - see tar_sizes.h. A size in a PAX record is moved into the header that follows, so
 * that it can be changed there; the record itself is hidden under the key "sizE", which nobody
 * reads.
 */
#include "image/layer/tar_sizes.h"

#include <stdio.h>
#include <string.h>

/* The fields of a header (POSIX.1-1988, and GNU's numbers in base 256). */
#define SIZE_AT	    124
#define SIZE_LEN    12
#define CHECKSUM_AT 148
#define TYPE_AT	    156
#define SPARSE_MORE 482 /* GNU: another block of the map follows */
#define MAP_MORE    504
#define OCTAL_MAX   ((UINT64_C(1) << 33) - 1)
#define SIZE_MAX_63 ((UINT64_C(1) << 62))

static const char size_key[] = "size";

static bool read_number(const unsigned char *field, size_t len, uint64_t *ret)
{
	uint64_t n = 0;
	size_t i = 0;

	if (field[0] & 0x80) { /* base 256 */
		n = field[0] & 0x7f;
		for (i = 1; i < len; i++) {
			if (n > SIZE_MAX_63 >> 8)
				return false;
			n = n << 8 | field[i];
		}
		*ret = n;
		return true;
	}
	while (i < len && field[i] == ' ')
		i++;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		n = n << 3 | (uint64_t)(field[i] - '0');
	if (i < len && field[i] && field[i] != ' ')
		return false;
	*ret = n;
	return true;
}

/* The sum of all bytes, with those of the checksum itself counted as blanks. */
static unsigned int checksum(const unsigned char *header)
{
	unsigned int sum = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i >= CHECKSUM_AT && i < CHECKSUM_AT + 8 ? ' ' : header[i];
	return sum;
}

static void write_size(unsigned char *header, uint64_t size)
{
	unsigned char *field = header + SIZE_AT;
	char text[SIZE_LEN + 1];

	if (size <= OCTAL_MAX) {
		snprintf(text, sizeof(text), "%011llo", (unsigned long long)size);
		memcpy(field, text, SIZE_LEN);
	} else {
		for (size_t i = SIZE_LEN; i-- > 1; size >>= 8)
			field[i] = (unsigned char)size;
		field[0] = 0x80;
	}
	snprintf(text, sizeof(text), "%06o", checksum(header));
	memcpy(header + CHECKSUM_AT, text, 7);
	header[CHECKSUM_AT + 7] = ' ';
}

static uint64_t whole_blocks(uint64_t size)
{
	return (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

/* As in Go's archive/tar: links, devices, directories and FIFOs. */
static bool has_no_data(unsigned char type)
{
	return type >= '1' && type <= '6';
}

static void take_header(struct tar_sizes *t, unsigned char *header)
{
	unsigned char type = header[TYPE_AT];
	uint64_t size, sum;

	if (!read_number(header + SIZE_AT, SIZE_LEN, &size) ||
	    !read_number(header + CHECKSUM_AT, 8, &sum) || sum != checksum(header) ||
	    size > SIZE_MAX_63) {
		t->lost = true;
		return;
	}
	if (type == 'x' || type == 'X') {
		t->has_size = false;
		t->part = TAR_LENGTH;
		t->length = t->at = 0;
		t->records = size;
		t->left = whole_blocks(size);
		return;
	}
	/* Belongs to the next entry as well: GNU's long names, global headers. */
	if (type == 'g' || type == 'L' || type == 'K') {
		t->left = whole_blocks(size);
		return;
	}
	if (has_no_data(type) && size + (t->has_size ? t->size : 0))
		write_size(header, size = 0);
	else if (t->has_size)
		write_size(header, size = t->size);
	t->has_size = false;
	t->left = has_no_data(type) ? 0 : whole_blocks(size);
	t->more_headers = type == 'S' && header[SPARSE_MORE];
}

static void begin_value(struct tar_sizes *t, bool is_size)
{
	t->part = is_size ? TAR_VALUE : TAR_SKIP;
	if (is_size) {
		t->has_size = false;
		t->size = 0;
	}
}

/* One byte of a record; the length at its beginning determines its last. */
static void take_record_byte(struct tar_sizes *t, unsigned char *c)
{
	t->at++;
	if (t->part == TAR_LENGTH && *c >= '0' && *c <= '9' && t->length < SIZE_MAX_63 / 16) {
		t->length = t->length * 10 + (uint64_t)(*c - '0');
		return;
	}
	if (t->part == TAR_LENGTH) {
		t->part = *c == ' ' ? TAR_KEY : TAR_SKIP;
		t->key_at = 0;
		t->lost |= *c != ' ';
	} else if (t->part == TAR_KEY && *c == '=') {
		begin_value(t, t->key_at == strlen(size_key));
	} else if (t->part == TAR_KEY) {
		bool fits = t->key_at < strlen(size_key) &&
			    *c == (unsigned char)size_key[t->key_at];

		t->part = fits ? TAR_KEY : TAR_SKIP;
		/*
		 * The last letter, before we know whether more follow: no other key has this
		 * prefix.
		 */
		if (fits && ++t->key_at == strlen(size_key))
			*c = 'E';
	} else if (t->part == TAR_VALUE && *c >= '0' && *c <= '9' && t->size < SIZE_MAX_63 / 16) {
		t->size = t->size * 10 + (uint64_t)(*c - '0');
		t->has_size = true;
	} else if (t->part == TAR_VALUE && *c != '\n') {
		t->has_size = false;
		t->part = TAR_SKIP;
	}
	if (t->at >= t->length) {
		t->part = TAR_LENGTH;
		t->length = t->at = 0;
	}
}

static void take_block(struct tar_sizes *t, unsigned char *block)
{
	if (t->more_headers) {
		t->more_headers = block[MAP_MORE];
		return;
	}
	if (!t->left) {
		take_header(t, block);
		return;
	}
	for (size_t i = 0; i < TAR_BLOCK && t->records && !t->lost; i++, t->records--)
		take_record_byte(t, block + i);
	t->left -= TAR_BLOCK;
}

void tar_sizes_pass(struct tar_sizes *t, unsigned char *data, size_t len)
{
	for (size_t at = 0; !t->lost && len - at >= TAR_BLOCK;) {
		uint64_t skip = t->more_headers || t->records ? 0 : t->left;

		if (skip > len - at)
			skip = (len - at) / TAR_BLOCK * TAR_BLOCK;
		if (!skip) {
			take_block(t, data + at);
			at += TAR_BLOCK;
			continue;
		}
		t->left -= skip;
		at += skip;
	}
}
