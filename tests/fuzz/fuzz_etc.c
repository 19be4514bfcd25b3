/*
 * fuzz_etc.c - any bytes as files of /etc: what was added is found, adding once is enough, and
 * nothing of the file is lost.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/etc_text.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool passwd(const struct buf *text, struct buf *ret)
{
	return etc_text_passwd(text, "me:x:10:10::/h:/bin/sh", false, ret);
}

static bool group(const struct buf *text, struct buf *ret)
{
	return etc_text_group(text, "me:x:10:", false, ret);
}

static bool root(const struct buf *text, struct buf *ret)
{
	return etc_text_root(text, "root:x:0:0::/root:/bin/sh", ret);
}

static bool hosts(const struct buf *text, struct buf *ret)
{
	return etc_text_hosts(text, "box", "1.1.1.1 one\n", ret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool (*const all[])(const struct buf *, struct buf *) = {passwd, group, root, hosts,
								 etc_text_nsswitch};
	cleanup_buf struct buf text = BUF_INIT, lines = BUF_INIT;

	buf_add(&text, data, size);
	etc_text_hosts_lines(text.data, &lines);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		cleanup_buf struct buf once = BUF_INIT, twice = BUF_INIT;

		if (all[i](&text, &once)) {
			if (once.len)
				abort();
			continue;
		}
		if (!all[i](&once, &twice) || twice.len)
			abort();
		if (i < 3 && !memmem(once.data, once.len, data, size))
			abort();
	}
	return 0;
}
