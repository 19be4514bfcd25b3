/*
 * layer_fixture.h - layers unpacked on top of each other in a scratch directory: 0/ is the bottom,
 * 1/ the next; outside/ is the canary, where nothing may ever appear.
 */
#ifndef LAYER_FIXTURE_H
#define LAYER_FIXTURE_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cmocka.h>

#include "base/file.h"
#include "image/document/meta.h"
#include "image/layer/layer.h"
#include "image/store/view.h"
#include "tar_fixture.h"

#define STACK_MAX 4

struct stack {
	char path[32];
	int top, dirs[STACK_MAX], metas[STACK_MAX]; /* dirs: the uppermost layer first, at [next] */
	size_t next;
	struct layer_limits limits;
	struct err e;
};

static inline int stack_new(void **state)
{
	struct stack *s = calloc(1, sizeof(*s));

	*s = (struct stack){.path = "/tmp/test-layer-XXXXXX",
			    .next = STACK_MAX,
			    .limits = {.max_bytes = 1 << 20, .max_entries = 1000}};
	if (!mkdtemp(s->path))
		return -1;
	s->top = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = s;
	return mkdirat(s->top, "outside", 0700);
}

/* Whatever the test did, the canary is empty and nothing appeared beside the layers. */
static inline int stack_free(void **state)
{
	struct stack *s = *state;
	int r = unlinkat(s->top, "outside", AT_REMOVEDIR);

	for (size_t i = s->next; i < STACK_MAX; i++) {
		char name[24];

		snprintf(name, sizeof(name), "%zu", STACK_MAX - 1 - i);
		file_remove_tree(s->top, name, &s->e);
		close(s->dirs[i]);
		close(s->metas[i]);
	}
	r |= rmdir(s->path);
	close(s->top);
	free(s);
	return r;
}

/* Unpacks another layer and settles it; 0 or the code, with s->e. Frees the tar. */
static inline int stack_add(struct stack *s, struct buf *tar)
{
	struct layer_notes notes = {0};
	struct tar_bytes bytes = {.data = tar->data, .step = 1000};
	struct layer_request req = {.packed = {tar_read, &bytes}, .limits = s->limits};
	size_t i = --s->next;
	char name[24];
	int r;

	bytes.left = tar->len;
	snprintf(name, sizeof(name), "%zu", STACK_MAX - 1 - i);
	assert_int_equal(mkdirat(s->top, name, 0755), 0);
	s->dirs[i] = req.dirfd = openat(s->top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s->metas[i] = req.meta_fd = memfd_create("meta", MFD_CLOEXEC);
	s->e = (struct err){0};
	r = layer_unpack(&req, &notes, NULL, NULL, &s->e);
	if (r == 0)
		r = layer_settle(req.dirfd, req.meta_fd, &notes, s->dirs + i + 1, s->metas + i + 1,
				 STACK_MAX - 1 - i, &s->e);
	layer_notes_clear(&notes);
	buf_free(tar);
	return r;
}

/* What the topmost layer has at a path: a letter of find(1)'s %y with the mode, or "w", or "-". */
static inline const char *stack_what(const struct stack *s, const char *path)
{
	static char what[16];
	struct stat st;

	if (fstatat(s->dirs[s->next], path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return "-";
	if (is_whiteout(&st))
		return "w";
	snprintf(what, sizeof(what), "%c%o", "?pc?d?b?f?l?s???"[st.st_mode >> 12 & 15],
		 st.st_mode & 07777);
	return what;
}

#endif
