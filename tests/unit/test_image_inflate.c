/*
 * test_image_inflate.c - gzip with one and with several members, zstd, and damaged streams; each
 * with reads of every size, because the result must not depend on how the bytes arrive.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <isa-l/igzip_lib.h>
#include <lzma.h>
#include <zstd.h>

#include "base/mem.h"
#include "image/layer/inflate.h"
#include "tar_fixture.h"

/* One gzip member of text, with name in its header unless it is NULL. */
static void add_member(struct buf *b, const char *text, const char *name)
{
	static uint8_t out[300000];
	struct isal_gzip_header header;
	struct isal_zstream s;
	cleanup_free char *copy = xstrdup(name);

	isal_deflate_init(&s);
	isal_gzip_header_init(&header);
	header.name = copy;
	header.name_buf_len = name ? (uint32_t)strlen(name) + 1 : 0;
	s.gzip_flag = IGZIP_GZIP_NO_HDR;
	s.end_of_stream = 1;
	s.next_in = (uint8_t *)(uintptr_t)text;
	s.avail_in = (uint32_t)strlen(text);
	s.next_out = out;
	s.avail_out = sizeof(out);
	assert_int_equal(isal_write_gzip_header(&s, &header), 0);
	assert_int_equal(isal_deflate(&s), COMP_OK);
	assert_int_equal(s.internal_state.state, ZSTATE_END);
	buf_add(b, out, sizeof(out) - s.avail_out);
}

/* 0 and the text, or the code. */
static int inflate_all(enum compression kind, const struct buf *in, size_t step, size_t size,
		       struct buf *out, struct err *e)
{
	struct tar_bytes bytes = {.data = in->data, .left = in->len, .step = step};
	struct inflate *z;
	char part[4096];
	ssize_t n;

	assert_int_equal(inflate_open(kind, (struct byte_source){tar_read, &bytes}, &z, e), 0);
	while ((n = inflate_read(z, part, size, e)) > 0)
		buf_add(out, part, (size_t)n);
	inflate_close(z);
	return (int)n;
}

static void check(enum compression kind, const struct buf *in, int code, const char *text)
{
	static const size_t steps[] = {0, 1, 2, 3, 5, 7, 11, 13, 17, 30, 100};
	static const size_t sizes[] = {1, 7, 4096};

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
			cleanup_buf struct buf out = BUF_INIT;
			struct err e = {0};
			int r = inflate_all(kind, in, steps[i], sizes[k], &out, &e);

			if (r != code || (!code && !streq(out.data, text)))
				fail_msg("in reads of %zu, writes of %zu: %d %s", steps[i],
					 sizes[k], r, e.msg);
		}
	}
}

static void gzip_members(void **state)
{
	cleanup_buf struct buf b = BUF_INIT;

	(void)state;
	check(COMPRESSION_GZIP, &b, 0, "");
	add_member(&b, "one ", "a-name.tar");
	check(COMPRESSION_GZIP, &b, 0, "one ");
	add_member(&b, "", NULL);
	add_member(&b, "two", "another-name");
	check(COMPRESSION_GZIP, &b, 0, "one two");
	buf_add(&b, "\0\0\0\0\0", 5);
	check(COMPRESSION_GZIP, &b, 0, "one two");
	/* Data after padding is not a member, however the bytes arrive. */
	add_member(&b, "three", NULL);
	check(COMPRESSION_GZIP, &b, -EBADMSG, NULL);
}

/* The first of the two bytes that begin a member is the last one in our buffer. */
static void a_member_across_buffers(void **state)
{
	cleanup_buf struct buf b = BUF_INIT, out = BUF_INIT;
	cleanup_free char *name = xcalloc(1, 256 << 10);
	struct err e;

	(void)state;
	add_member(&b, "one ", "");
	memset(name, 'n', (256 << 10) - 1 - b.len);
	b.len = 0;
	add_member(&b, "one ", name);
	assert_int_equal(b.len, (256 << 10) - 1);
	add_member(&b, "two", NULL);
	assert_int_equal(inflate_all(COMPRESSION_GZIP, &b, 0, 4096, &out, &e), 0);
	assert_string_equal(out.data, "one two");
}

static void gzip_damaged(void **state)
{
	cleanup_buf struct buf whole = BUF_INIT;

	(void)state;
	add_member(&whole, "the text of one member", "name");
	for (size_t n = 1; n < whole.len; n++) {
		cleanup_buf struct buf cut = BUF_INIT;

		buf_add(&cut, whole.data, n);
		check(COMPRESSION_GZIP, &cut, -EBADMSG, NULL);
	}
	for (size_t i = 1; i <= 8; i++) {
		cleanup_buf struct buf wrong = BUF_INIT;

		buf_add(&wrong, whole.data, whole.len);
		wrong.data[wrong.len - i] ^= 1; /* in the checksum and in the length */
		check(COMPRESSION_GZIP, &wrong, -EBADMSG, NULL);
	}
	buf_add(&whole, "x", 1);
	check(COMPRESSION_GZIP, &whole, -EBADMSG, NULL);
	buf_add(&whole, "yz", 2);
	check(COMPRESSION_GZIP, &whole, -EBADMSG, NULL);
}

static void zstd_frames(void **state)
{
	cleanup_buf struct buf b = BUF_INIT;
	char frame[200];
	size_t n = ZSTD_compress(frame, sizeof(frame), "some text ", 10, 3);

	(void)state;
	check(COMPRESSION_ZSTD, &b, 0, "");
	buf_add(&b, frame, n);
	buf_add(&b, frame, n);
	check(COMPRESSION_ZSTD, &b, 0, "some text some text ");
	b.len--;
	check(COMPRESSION_ZSTD, &b, -EBADMSG, NULL);
	b.len = n;
	buf_add(&b, "garbage", 7);
	check(COMPRESSION_ZSTD, &b, -EBADMSG, NULL);
	b.len = 0;
	buf_add(&b, "\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00", 9); /* a window of 2 GiB */
	check(COMPRESSION_ZSTD, &b, -EBADMSG, NULL);
}

static void guesses(void **state)
{
	(void)state;
	assert_int_equal(inflate_guess((const unsigned char *)"\x1f\x8b\x08\x00", 4),
			 COMPRESSION_GZIP);
	assert_int_equal(inflate_guess((const unsigned char *)"\x28\xb5\x2f\xfd", 4),
			 COMPRESSION_ZSTD);
	assert_int_equal(inflate_guess((const unsigned char *)"./\0\0", 4), COMPRESSION_NONE);
	assert_int_equal(inflate_guess((const unsigned char *)"\x1f", 1), COMPRESSION_NONE);
	assert_int_equal(inflate_guess((const unsigned char *)"\x5a\x2a\x4d\x18", 4),
			 COMPRESSION_ZSTD);
	assert_int_equal(inflate_guess((const unsigned char *)"BZh91AY&SY", 10), COMPRESSION_OTHER);
	assert_int_equal(inflate_guess((const unsigned char *)"BZhaha/abc", 10), COMPRESSION_NONE);
}

/* Made by xz -0 and bzip2 of "some text\n". */
static void by_its_bytes(void **state)
{
	static const unsigned char xz[] = {
		0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00,
		0x21, 0x01, 0x0c, 0x00, 0x00, 0x00, 0x8f, 0x98, 0x41, 0x9c, 0x01, 0x00, 0x09, 0x73,
		0x6f, 0x6d, 0x65, 0x20, 0x74, 0x65, 0x78, 0x74, 0x0a, 0x00, 0x00, 0x00, 0x80, 0x41,
		0x49, 0x0d, 0x11, 0xda, 0xfe, 0x1b, 0x00, 0x01, 0x22, 0x0a, 0x15, 0x1a, 0xe1, 0x67,
		0x1f, 0xb6, 0xf3, 0x7d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a,
	};
	static const unsigned char bz[] = {
		0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x10, 0x69, 0x62,
		0xf5, 0x00, 0x00, 0x03, 0x51, 0x80, 0x00, 0x10, 0x40, 0x00, 0x02, 0x02, 0x8c,
		0x40, 0x20, 0x00, 0x22, 0x03, 0x1a, 0x84, 0x30, 0x22, 0x72, 0xd7, 0x18, 0x1e,
		0x2e, 0xe4, 0x8a, 0x70, 0xa1, 0x20, 0x20, 0xd2, 0xc5, 0xea,
	};
	cleanup_buf struct buf a = BUF_INIT, b = BUF_INIT, c = BUF_INIT, d = BUF_INIT;
	uint32_t crc;

	(void)state;
	check(COMPRESSION_GUESS, &a, 0, "");
	buf_addstr(&a, "short");
	check(COMPRESSION_GUESS, &a, 0, "short");
	buf_addstr(&a, " and a plain text that is longer than every magic number");
	check(COMPRESSION_GUESS, &a, 0, a.data);
	buf_add(&b, xz, sizeof(xz));
	check(COMPRESSION_GUESS, &b, 0, "some text\n");
	/* Two streams form one; a truncated second one is detected. */
	buf_add(&b, xz, sizeof(xz));
	check(COMPRESSION_GUESS, &b, 0, "some text\nsome text\n");
	b.len -= 9;
	check(COMPRESSION_GUESS, &b, -EBADMSG, "");
	b.len = sizeof(xz);
	b.data[40] ^= 1;
	check(COMPRESSION_GUESS, &b, -EBADMSG, "");
	b.data[40] ^= 1;
	/* A dictionary of 4 GiB, with the checksum of the block's header. */
	b.data[16] = 40;
	crc = lzma_crc32((const unsigned char *)b.data + 12, 8, 0);
	memcpy(b.data + 20, &crc, sizeof(crc));
	check(COMPRESSION_GUESS, &b, -EBADMSG, "");
	buf_add(&c, bz, sizeof(bz));
	check(COMPRESSION_GUESS, &c, 0, "some text\n");
	add_member(&d, "one ", NULL);
	add_member(&d, "two", NULL);
	check(COMPRESSION_GUESS, &d, 0, "one two");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gzip_members), cmocka_unit_test(a_member_across_buffers),
		cmocka_unit_test(gzip_damaged), cmocka_unit_test(zstd_frames),
		cmocka_unit_test(guesses),	cmocka_unit_test(by_its_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
