/*
 * test_image_settle.c - layers on top of layers: whiteouts, implicit directories, hard links to
 * lower layers, and layers that try to lead us out of their directory while they are settled.
 */
#include <errno.h>

#include "layer_fixture.h"

#define WHAT(s, path, expected) assert_string_equal(stack_what(s, path), expected)
#define ADD(s, t)                                                             \
	do {                                                                  \
		int r_ = stack_add(s, t);                                     \
		if (r_)                                                       \
			fail_msg("line %d: %d %s", __LINE__, r_, (s)->e.msg); \
	} while (0)

/* Names and file contents that the whole stack shows in a directory: "a=text b/ l@". */
static const char *shown(struct stack *s, const char *dir)
{
	struct view v = {.layers = s->dirs + s->next, .n = STACK_MAX - s->next};
	cleanup_strv struct strv names = {0};
	static char out[1000];
	struct err e;

	out[0] = '\0';
	if (view_list(&v, dir, &names, &e) < 0)
		return "-";
	for (size_t i = 0; i < names.n; i++) {
		cleanup_buf struct buf path = BUF_INIT, text = BUF_INIT;
		size_t layer, len = strlen(out);
		struct stat st;

		buf_addf(&path, "%s/%s", dir, names.v[i]);
		assert_int_equal(view_lookup(&v, path.data, &layer, &st, &e), 0);
		if (S_ISREG(st.st_mode))
			view_read(&v, path.data, 500, &text, &e);
		snprintf(out + len, sizeof(out) - len, "%s%s%s%s", len ? " " : "", names.v[i],
			 S_ISDIR(st.st_mode)   ? "/"
			 : S_ISLNK(st.st_mode) ? "@"
					       : "=",
			 text.data);
	}
	return out;
}
#define SHOWN(s, dir, expected) assert_string_equal(shown(s, dir), expected)

static bool is_opaque(struct stack *s, const char *path)
{
	cleanup_close int fd = openat(s->dirs[s->next], path, O_RDONLY | O_CLOEXEC);
	char c;

	return fgetxattr(fd, "user.overlay.opaque", &c, 1) == 1 && c == 'y';
}

static void whiteouts(void **state)
{
	struct stack *s = *state;
	struct buf t = BUF_INIT;

	TAR(&t, .type = '0', .name = ".wh.none");
	TAR(&t, .type = '0', .name = "a", .data = "a");
	TAR(&t, .type = '0', .name = "b", .data = "b");
	TAR(&t, .type = '0', .name = "before/old", .data = "o");
	TAR(&t, .type = '0', .name = "after/old", .data = "o");
	TAR(&t, .type = '0', .name = "loose/old", .data = "o");
	TAR(&t, .type = '0', .name = "opq/old", .data = "o");
	TAR(&t, .type = '0', .name = "swap/old", .data = "o");
	ADD(s, &t);
	WHAT(s, "none", "-");

	TAR(&t, .type = '0', .name = ".wh.a");
	TAR(&t, .type = '0', .name = ".wh.none");
	TAR(&t, .type = '0', .name = ".wh.b");
	TAR(&t, .type = '0', .name = "b", .data = "new");
	TAR(&t, .type = '0', .name = ".wh.before");
	TAR(&t, .type = '5', .name = "before");
	TAR(&t, .type = '0', .name = "before/f", .data = "f");
	TAR(&t, .type = '5', .name = "after");
	TAR(&t, .type = '0', .name = "after/f", .data = "f");
	TAR(&t, .type = '0', .name = ".wh.after");
	TAR(&t, .type = '0', .name = ".wh.loose"); /* without an entry for the directory */
	TAR(&t, .type = '0', .name = "loose/sub/f", .data = "f");
	TAR(&t, .type = '0', .name = "opq/.wh..wh..opq");
	TAR(&t, .type = '0', .name = "opq/.wh.old");
	TAR(&t, .type = '0', .name = "opq/f", .data = "f");
	TAR(&t, .type = '0', .name = "swap", .data = "file");
	TAR(&t, .type = '5', .name = "swap");
	TAR(&t, .type = '0', .name = "fresh/.wh..wh..opq");
	TAR(&t, .type = '0', .name = "fresh/.wh.x");
	TAR(&t, .type = '0', .name = "fresh/.wh..wh.aufs");
	ADD(s, &t);
	WHAT(s, "a", "w");
	WHAT(s, "none", "-");
	WHAT(s, "opq/old", "-");
	WHAT(s, "fresh/x", "-");
	assert_false(is_opaque(s, "fresh"));
	SHOWN(s, "", "after/ b=new before/ fresh/ loose/ opq/ swap/");
	SHOWN(s, "before", "f=f");
	SHOWN(s, "after", "f=f");
	SHOWN(s, "loose", "sub/");
	SHOWN(s, "opq", "f=f");
	SHOWN(s, "swap", "");
}

/* Overlayfs ignores such a mark on the root: each name needs its own whiteout. */
static void opaque_root(void **state)
{
	struct stack *s = *state;
	struct buf t = BUF_INIT;

	TAR(&t, .type = '0', .name = "a", .data = "a");
	TAR(&t, .type = '0', .name = "d/old", .data = "o");
	TAR(&t, .type = '0', .name = "gone/old", .data = "o");
	ADD(s, &t);
	TAR(&t, .type = '0', .name = ".wh..wh..opq");
	TAR(&t, .type = '0', .name = "d/new", .data = "n");
	ADD(s, &t);
	assert_false(is_opaque(s, "."));
	WHAT(s, "a", "w");
	WHAT(s, "gone", "w");
	SHOWN(s, "", "d/");
	SHOWN(s, "d", "new=n");
}

static void unlisted_folders(void **state)
{
	struct stack *s = *state;
	struct buf t = BUF_INIT;
	struct stat st;
	struct meta *m;
	char value[4];
	cleanup_close int fd = -1;

	TAR(&t, .type = '5', .name = ".", .mode = 0711, .mtime = 5, .uid = 3);
	tar_pax(&t, "SCHILY.xattr.user.k", "v");
	TAR(&t, .type = '5', .name = "d", .mode = 01770, .mtime = 6, .uid = 4);
	TAR(&t, .type = '5', .name = "usr/lib");
	TAR(&t, .type = '2', .name = "lib", .link = "usr/lib");
	TAR(&t, .type = '2', .name = "slash", .link = "/");
	TAR(&t, .type = '2', .name = "hop", .link = "/lib/../lib");
	TAR(&t, .type = '2', .name = "usr/lib/sub", .link = "../share");
	TAR(&t, .type = '5', .name = "usr/share");
	TAR(&t, .type = '0', .name = "usr/lib/old", .data = "o");
	ADD(s, &t);

	TAR(&t, .type = '0', .name = "d/f", .data = "f");
	TAR(&t, .type = '0', .name = "lib/f", .data = "f", .uid = 9);
	TAR(&t, .type = '0', .name = "hop/sub/g", .data = "g");
	TAR(&t, .type = '0', .name = "lib/.wh.old");
	TAR(&t, .type = '0', .name = "slash/h", .data = "h", .uid = 8);
	TAR(&t, .type = '0', .name = "over/x", .data = "x");
	TAR(&t, .type = '2', .name = "over", .link = "d"); /* the directory has been replaced */
	ADD(s, &t);
	assert_int_equal(fstat(s->dirs[s->next], &st), 0);
	WHAT(s, ".", "d711");
	assert_int_equal(st.st_mtime, 5);
	assert_int_equal(fstatat(s->dirs[s->next], "d", &st, 0), 0);
	WHAT(s, "d", "d1770");
	assert_int_equal(st.st_mtime, 6);
	fd = openat(s->dirs[s->next], "d", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fgetxattr(fd, "user.k", value, 4), 1);
	WHAT(s, "lib", "-");
	SHOWN(s, "", "d/ h=h hop@ lib@ over@ slash@ usr/");
	SHOWN(s, "usr/lib", "f=f sub@");
	SHOWN(s, "usr/share", "g=g");
	assert_int_equal(meta_load(s->metas[s->next], "meta", &m, &s->e), 0);
	assert_int_equal(meta_find(m, "usr/lib/f")->uid, 9);
	assert_int_equal(meta_find(m, "d")->uid, 4);
	assert_int_equal(meta_find(m, "")->uid, 3);
	assert_int_equal(meta_find(m, "h")->uid, 8);
	meta_free(m);
	/* Nor does a directory over a file of the layer below lead astray. */
	TAR(&t, .type = '0', .name = "over/y", .data = "y");
	TAR(&t, .type = '0', .name = "h/y", .data = "y");
	ADD(s, &t);
	SHOWN(s, "d", "f=f y=y");
	SHOWN(s, "h", "y=y");
}

/* Where the symlink leads is decided including this layer's entries. */
static void links_of_both(void **state)
{
	struct stack *s = *state;
	struct buf t = BUF_INIT;

	TAR(&t, .type = '2', .name = "lib", .link = "cur/lib");
	TAR(&t, .type = '5', .name = "cur/lib");
	TAR(&t, .type = '5', .name = "new/lib");
	ADD(s, &t);
	TAR(&t, .type = '2', .name = "cur", .link = "new");
	TAR(&t, .type = '0', .name = "lib/f", .data = "f");
	ADD(s, &t);
	WHAT(s, "lib", "-");
	SHOWN(s, "new/lib", "f=f");
}

static void hard_links_down(void **state)
{
	struct stack *s = *state;
	struct buf t = BUF_INIT;
	struct stat a, b;

	TAR(&t, .type = '0', .name = "d/file", .data = "low", .mode = 04755, .uid = 5);
	TAR(&t, .type = '2', .name = "l", .link = "d");
	ADD(s, &t);
	TAR(&t, .type = '0', .name = "dup", .data = "goes");
	TAR(&t, .type = '1', .name = "dup", .link = "l/file");
	TAR(&t, .type = '1', .name = "one", .link = "d/file", .mode = 04755, .uid = 5);
	TAR(&t, .type = '1', .name = "two", .link = "one", .mode = 04755, .uid = 5);
	TAR(&t, .type = '1', .name = "wins", .link = "d/file");
	TAR(&t, .type = '0', .name = "wins", .data = "later");
	TAR(&t, .type = '1', .name = "kept", .link = "d/file");
	TAR(&t, .type = '0', .name = ".wh.kept");
	ADD(s, &t);
	SHOWN(s, "", "d/ dup=low kept=low l@ one=low two=low wins=later");
	assert_int_equal(fstatat(s->dirs[s->next], "two", &a, 0), 0);
	assert_int_equal(fstatat(s->dirs[s->next + 1], "d/file", &b, 0), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	TAR(&t, .type = '1', .name = "x", .link = "no/file");
	assert_int_equal(stack_add(s, &t), -EBADMSG);
	assert_non_null(strstr(s->e.msg, "no/file"));
}

/* Noted paths whose directories become symlinks to the outside before the layer is settled. */
static void a_link_under_a_hard_link(void **state)
{
	struct stack *s = *state;
	struct buf t = BUF_INIT;
	char out[64];

	snprintf(out, sizeof(out), "%s/outside", s->path);
	TAR(&t, .type = '0', .name = "f", .data = "evil");
	ADD(s, &t);
	TAR(&t, .type = '1', .name = "d/evil", .link = "f");
	TAR(&t, .type = '2', .name = "d", .link = out);
	stack_add(s, &t); /* stack_free() looks outside */
}

static void a_link_under_a_moved_folder(void **state)
{
	struct stack *s = *state;
	struct buf t = BUF_INIT;
	char out[64];

	snprintf(out, sizeof(out), "%s/outside", s->path);
	TAR(&t, .type = '2', .name = "a", .link = "x/y/z");
	TAR(&t, .type = '5', .name = "x/y/z");
	ADD(s, &t);
	TAR(&t, .type = '2', .name = "x", .link = out);
	TAR(&t, .type = '0', .name = "a/f", .data = "f");
	stack_add(s, &t);
}

static void a_link_under_a_whiteout(void **state)
{
	struct stack *s = *state;
	struct buf t = BUF_INIT;
	struct stat st;
	char below[64];
	int lower;

	TAR(&t, .type = '0', .name = "v", .data = "v");
	TAR(&t, .type = '0', .name = "w/v", .data = "v");
	ADD(s, &t);
	TAR(&t, .type = '0', .name = "w/.wh.v");
	ADD(s, &t);
	lower = s->dirs[s->next];
	snprintf(below, sizeof(below), "%s/1/w", s->path);
	TAR(&t, .type = '0', .name = "d/.wh.v");
	TAR(&t, .type = '2', .name = "d", .link = below);
	stack_add(s, &t);
	assert_int_equal(fstatat(lower, "w/v", &st, AT_SYMLINK_NOFOLLOW), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stack_new, stack_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whiteouts),
		TEST(opaque_root),
		TEST(unlisted_folders),
		TEST(links_of_both),
		TEST(hard_links_down),
		TEST(a_link_under_a_hard_link),
		TEST(a_link_under_a_moved_folder),
		TEST(a_link_under_a_whiteout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
