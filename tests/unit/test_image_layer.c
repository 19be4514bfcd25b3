/*
 * test_image_layer.c - the result of each type of entry, and what is refused. Single layers; for
 * layers on top of others see test_image_settle.c.
 */
#include <errno.h>
#include <locale.h>

#include "layer_fixture.h"

#define WHAT(s, path, expected) assert_string_equal(stack_what(s, path), expected)

static void assert_text(struct stack *s, const char *path, const char *text)
{
	cleanup_buf struct buf b = BUF_INIT;
	struct err e;

	assert_int_equal(file_read(s->dirs[s->next], path, 10000, &b, &e), 0);
	assert_string_equal(b.data, text);
}

/* The sidecar's entry of a path, or NULL. */
static const struct meta_entry *meta_of(struct stack *s, const char *path)
{
	static struct meta *m;
	struct err e;

	meta_free(m);
	m = NULL;
	assert_int_equal(meta_load(s->metas[s->next], "meta", &m, &e), 0);
	return meta_find(m, path);
}

static void kinds(void **state)
{
	struct stack *s = *state;
	struct buf t = BUF_INIT;
	struct stat st;

	TAR(&t, .type = '5', .name = "./", .mode = 0711);
	TAR(&t, .type = '5', .name = "./d", .mode = 01777, .mtime = 5);
	TAR(&t, .type = '0', .name = "/d/f", .data = "text", .mode = 0754, .mtime = 7);
	TAR(&t, .type = '2', .name = "d//l", .link = "/no/where", .mtime = 8);
	TAR(&t, .type = '1', .name = "d/h", .link = "/d/f");
	TAR(&t, .type = '6', .name = "p", .mode = 0622);
	TAR(&t, .type = '5', .name = "shut", .mode = 0100);
	TAR(&t, .type = '0', .name = "closed", .data = "c", .mode = 04011);
	TAR(&t, .type = '3', .name = "zero", .mode = 0666);
	assert_int_equal(stack_add(s, &t), 0);
	WHAT(s, ".", "d711");
	WHAT(s, "d", "d1777");
	WHAT(s, "d/f", "f754");
	WHAT(s, "d/l", "l777");
	WHAT(s, "p", "p622");
	WHAT(s, "shut", "d700");
	WHAT(s, "closed", "f411");
	assert_int_equal(meta_of(s, "closed")->mode, 04011);
	assert_int_equal(meta_of(s, "shut")->mode, 0100);
	WHAT(s, "zero", "f666"); /* a device 0/0 in an image is not a whiteout */
	assert_int_equal(meta_of(s, "zero")->type, 'c');
	assert_null(meta_of(s, "d/f"));
	assert_text(s, "d/h", "text");
	assert_int_equal(fstatat(s->dirs[s->next], "d/f", &st, 0), 0);
	assert_int_equal(st.st_nlink, 2);
	assert_int_equal(st.st_mtime, 7);
	assert_int_equal(fstatat(s->dirs[s->next], "d/l", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mtime, 8);
	assert_int_equal(fstatat(s->dirs[s->next], "d", &st, 0), 0);
	assert_int_equal(st.st_mtime, 5);
}

/* A later entry with the same name replaces everything known about the earlier one. */
static void later_wins(void **state)
{
	struct stack *s = *state;
	struct buf t = BUF_INIT;

	TAR(&t, .type = '0', .name = "suid", .data = "1", .mode = 04755, .uid = 7);
	TAR(&t, .type = '0', .name = "suid", .data = "two", .mode = 0755);
	TAR(&t, .type = '0', .name = "d/a", .mode = 04755, .data = "a");
	TAR(&t, .type = '0', .name = "d", .data = "file");
	TAR(&t, .type = '2', .name = "l", .link = "/tmp");
	TAR(&t, .type = '5', .name = "l");
	TAR(&t, .type = '0', .name = "l/x", .data = "x");
	TAR(&t, .type = '5', .name = "e", .mode = 02755);
	TAR(&t, .type = '0', .name = "e/a", .mode = 04755, .data = "a");
	TAR(&t, .type = '0', .name = "e", .data = "file");
	TAR(&t, .type = '5', .name = "e");
	TAR(&t, .type = '0', .name = "e/a", .data = "b");
	assert_int_equal(stack_add(s, &t), 0);
	WHAT(s, "suid", "f755");
	assert_text(s, "suid", "two");
	assert_true(!meta_of(s, "suid") || meta_of(s, "suid")->mode == 0755);
	assert_true(!meta_of(s, "suid") || meta_of(s, "suid")->uid == 0);
	WHAT(s, "d", "f644");
	WHAT(s, "l", "d755");
	WHAT(s, "l/x", "f644");
	WHAT(s, "e", "d755");
	assert_true(!meta_of(s, "e") || meta_of(s, "e")->mode == 0755);
	assert_true(!meta_of(s, "e/a") || meta_of(s, "e/a")->mode == 0644);
}

static void links_stay_inside(void **state)
{
	struct stack *s = *state;
	struct buf t = BUF_INIT;
	char up[64];

	snprintf(up, sizeof(up), "%s/outside", s->path);
	TAR(&t, .type = '5', .name = "etc");
	TAR(&t, .type = '2', .name = "abs", .link = "/etc");
	TAR(&t, .type = '0', .name = "abs/one", .data = "1");
	TAR(&t, .type = '2', .name = "up", .link = "../../../../outside");
	TAR(&t, .type = '0', .name = "up/two", .data = "2");
	TAR(&t, .type = '2', .name = "host", .link = up);
	TAR(&t, .type = '0', .name = "host/three", .data = "3");
	TAR(&t, .type = '0', .name = "host", .data = "replaces the link");
	TAR(&t, .type = '2', .name = "h", .link = "up");
	TAR(&t, .type = '1', .name = "h", .link = "host");
	assert_int_equal(stack_add(s, &t), 0);
	WHAT(s, "abs", "l777");
	WHAT(s, "etc/one", "f644");
	WHAT(s, "outside/two", "f644");
	WHAT(s, "host", "f644");
	assert_text(s, "h", "replaces the link");
}

/* Each as the only entry; with the code, 0 if it is harmless. */
static void hostile_names(void **state)
{
	static char long_name[600], long_path[6000];
	static const struct {
		const char *name;
		int code;
	} rows[] = {
		{"../x", EBADMSG},
		{"a/../../x", EBADMSG},
		{"a/..", EBADMSG},
		{"..", EBADMSG},
		{long_name, EBADMSG},
		{long_path, EBADMSG},
		{".wh.", EBADMSG},
		{".wh..", EBADMSG},
		{".wh...", EBADMSG},
		{".wh.a/b", EBADMSG},
		{"...", 0},
		{"a/./b", 0},
		{".wh..wh.plnk/1", 0},
		{"d/.wh..wh.aufs", 0},
		{"/", EBADMSG},
		{"\n\x1b[2J", 0},
		{"\xff\xfe", 0},
		{" %=", 0},
		{"a/.wh.b", 0},
	};

	(void)state;
	memset(long_name, 'n', 256);
	for (size_t i = 0; i < sizeof(long_path) - 1; i++)
		long_path[i] = i % 100 == 99 ? '/' : 'p';
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf t = BUF_INIT;
		struct stack *one;
		void *made = NULL;
		int r;

		assert_int_equal(stack_new(&made), 0);
		one = made;
		tar_pax(&t, "path", rows[i].name);
		TAR(&t, .type = '0', .name = "x", .data = "x", .uid = 1);
		r = stack_add(one, &t);
		if (-r != rows[i].code)
			fail_msg("'%s': %d %s", rows[i].name, r, one->e.msg);
		assert_null(strpbrk(one->e.msg, "\n\x1b"));
		WHAT(one, ".wh..wh.plnk", "-");
		if (r == 0)
			meta_of(one, "");
		assert_int_equal(stack_free(&made), 0);
	}
}

/* A name is bytes, in any locale: neither refused nor normalized. */
static void names_are_bytes(void **state)
{
	static const char *const locales[] = {"C", "C.UTF-8"};
	struct stack *s = *state;

	for (size_t i = 0; i < 2; i++) {
		struct buf t = BUF_INIT;

		assert_non_null(setlocale(LC_CTYPE, locales[i]));
		tar_pax(&t, "path", "n\xc3\xa4me");
		TAR(&t, .type = '0', .name = "x", .data = "composed");
		tar_pax(&t, "path", "na\xcc\x88me");
		TAR(&t, .type = '0', .name = "x", .data = "decomposed");
		tar_pax(&t, "path", "n\xe4me");
		TAR(&t, .type = '0', .name = "x", .data = "latin");
		TAR(&t, .type = '0', .name = "u\xe4", .data = "ustar");
		tar_pax(&t, "path", "l\xc3\xa4");
		TAR(&t, .type = '2', .name = "x", .link = "x");
		tar_pax(&t, "linkpath", "na\xcc\x88me");
		TAR(&t, .type = '2', .name = "l", .link = "x");
		tar_pax(&t, "linkpath", "n\xe4me");
		TAR(&t, .type = '1', .name = "h", .link = "x");
		assert_int_equal(stack_add(s, &t), 0);
		assert_text(s, "n\xc3\xa4me", "composed");
		assert_text(s, "na\xcc\x88me", "decomposed");
		assert_text(s, "n\xe4me", "latin");
		assert_text(s, "h", "latin");
		assert_text(s, "u\xe4", "ustar");
		assert_text(s, "l", "decomposed");
		WHAT(s, "l\xc3\xa4", "l777");
	}
	setlocale(LC_CTYPE, "C");
}

static void xattrs(void **state)
{
	static const char *const never[] = {"user.overlay.opaque", "user.overlay.redirect",
					    "user.overlay.metacopy", "trusted.overlay.opaque",
					    "user.overlay.whiteout"};
	struct stack *s = *state;
	struct buf t = BUF_INIT;
	cleanup_close int fd = -1;
	char value[8];

	for (size_t i = 0; i < 5; i++) {
		cleanup_buf struct buf key = BUF_INIT;

		buf_addf(&key, "SCHILY.xattr.%s", never[i]);
		tar_pax(&t, key.data, "y");
		TAR(&t, .type = '5', .name = "d");
	}
	tar_pax(&t, "SCHILY.xattr.user.k", "value");
	TAR(&t, .type = '0', .name = "f", .data = "f", .mode = 0444);
	tar_pax(&t, "SCHILY.xattr.security.capability", "cap");
	TAR(&t, .type = '0', .name = "c", .data = "f");
	assert_int_equal(stack_add(s, &t), 0);
	fd = openat(s->dirs[s->next], "d", O_RDONLY | O_CLOEXEC);
	assert_int_equal(flistxattr(fd, NULL, 0), 0);
	close(fd);
	fd = openat(s->dirs[s->next], "f", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fgetxattr(fd, "user.k", value, sizeof(value)), 5);
	assert_int_equal(meta_of(s, "d")->xattr_names.n, 0);
	assert_string_equal(meta_of(s, "c")->xattr_names.v[0], "security.capability");
}

/* One that no kernel accepts would make a sidecar that cannot be read again. */
static void a_huge_xattr(void **state)
{
	struct stack *s = *state;
	struct buf t = BUF_INIT;
	static char value[600001];

	memset(value, '%', sizeof(value) - 1);
	tar_pax(&t, "SCHILY.xattr.user.k", value);
	TAR(&t, .type = '0', .name = "f", .data = "f");
	if (stack_add(s, &t) == 0)
		meta_of(s, "f");
}

static void sizes(void **state)
{
	struct stack *s = *state;
	struct buf t = BUF_INIT;

	TAR(&t, .type = '0', .name = "lies", .data = "short", .size = 5000);
	assert_int_equal(stack_add(s, &t), -EBADMSG);
	tar_pax(&t, "GNU.sparse.major", "0");
	tar_pax(&t, "size", "99999999999");
	TAR(&t, .type = '0', .name = "large", .data = "short");
	assert_int_equal(stack_add(s, &t), -EFBIG);
	assert_non_null(strstr(s->e.msg, "[images] max-size"));
	s->limits.max_entries = 2;
	for (size_t i = 0; i < 3; i++)
		TAR(&t, .type = '0', .name = "f");
	assert_int_equal(stack_add(s, &t), -EFBIG);
	assert_non_null(strstr(s->e.msg, "[images] max-entries"));
	assert_int_equal(stack_add(s, &t), 0); /* an empty stream is an empty layer */
}

/* 1 byte at 300000 of a file of 300001. */
static void holes(void **state)
{
	cleanup_buf struct buf records = BUF_INIT;
	struct stack *s = *state;
	struct buf t = BUF_INIT;
	struct stat st;

	tar_record(&records, "GNU.sparse.size", "300001");
	tar_record(&records, "GNU.sparse.numblocks", "1");
	tar_record(&records, "GNU.sparse.map", "300000,1");
	TAR(&t, .type = 'x', .name = "pax", .data = records.data);
	TAR(&t, .type = '0', .name = "sparse", .data = "e");
	assert_int_equal(stack_add(s, &t), 0);
	assert_int_equal(fstatat(s->dirs[s->next], "sparse", &st, 0), 0);
	assert_int_equal(st.st_size, 300001);
	assert_true(st.st_blocks * 512 < 100000);
}

static void owners(void **state)
{
	struct stack *s = *state;
	struct buf t = BUF_INIT;

	tar_pax(&t, "uid", "4294967294");
	TAR(&t, .type = '0', .name = "f", .data = "f");
	assert_int_equal(stack_add(s, &t), 0);
	assert_int_equal(meta_of(s, "f")->uid, 4294967294u);
	tar_pax(&t, "uid", "4294967295");
	TAR(&t, .type = '0', .name = "f", .data = "f");
	assert_int_equal(stack_add(s, &t), -EBADMSG);
	tar_pax(&t, "uid", "4294967296");
	TAR(&t, .type = '0', .name = "f", .data = "f");
	assert_int_equal(stack_add(s, &t), -EBADMSG);
}

/* Nor for directories that no entry lists. */
static void umask_does_not_matter(void **state)
{
	struct stack *s = *state;
	struct buf t = BUF_INIT;
	mode_t before = umask(077);

	TAR(&t, .type = '0', .name = "a/b/f", .data = "f", .mode = 0666);
	TAR(&t, .type = '5', .name = "d", .mode = 0777);
	assert_int_equal(stack_add(s, &t), 0);
	umask(before);
	WHAT(s, "a", "d755");
	WHAT(s, "a/b", "d755");
	WHAT(s, "a/b/f", "f666");
	WHAT(s, "d", "d777");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stack_new, stack_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kinds),
		TEST(later_wins),
		TEST(links_stay_inside),
		cmocka_unit_test(hostile_names),
		TEST(xattrs),
		TEST(names_are_bytes),
		TEST(a_huge_xattr),
		TEST(sizes),
		TEST(holes),
		TEST(owners),
		TEST(umask_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
