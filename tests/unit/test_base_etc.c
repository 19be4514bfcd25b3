/*
 * test_base_etc.c - required entries of files in /etc, whatever the files contain.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/etc_text.h"
#include "base/mem.h"

#define YOU "me:x:1000:1000::/home/me:/bin/sh"
#define BLOCK                                                                \
	"# Written by sandbox at each session, up to the end mark.\n"        \
	"127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.1.1\tbox\n10.0.0.1 x\n" \
	"# End of what sandbox writes.\n"

static struct buf text_of(const char *s)
{
	struct buf b = BUF_INIT;

	buf_addstr(&b, s);
	return b;
}

typedef bool (*ids)(const struct buf *, const char *, bool, struct buf *);

/* What text becomes; "": it may stay. */
static void becomes(ids check, const char *text, const char *line, bool only, const char *want)
{
	cleanup_buf struct buf in = text_of(text), out = BUF_INIT;
	bool right = check(&in, line, only, &out);

	assert_string_equal(out.data, want);
	assert_int_equal(right, !*want);
}

static void your_line_is_put_in(void **state)
{
	(void)state;
	becomes(etc_text_passwd, "", YOU, false, YOU "\n");
	becomes(etc_text_passwd, "a:x:1:1::/:", YOU, false, "a:x:1:1::/:\n" YOU "\n");
	becomes(etc_text_passwd, "a:x:1:1::/:\n" YOU, YOU, false, "");
	/* another shell and another comment do not matter */
	becomes(etc_text_passwd, "me:x:1000:1000:Me:/home/me:/bin/zsh\n", YOU, false, "");
	/* conflicts: the uid, the name, another group, another home, a later line */
	becomes(etc_text_passwd, "node:x:1000:1000::/home/node:\n", YOU, false,
		YOU "\nnode:x:1000:1000::/home/node:\n");
	becomes(etc_text_passwd, "me:x:7:7::/home/me:\n", YOU, false,
		YOU "\nme:x:7:7::/home/me:\n");
	becomes(etc_text_passwd, "me:x:1000:7::/home/me:\n", YOU, false,
		YOU "\nme:x:1000:7::/home/me:\n");
	becomes(etc_text_passwd, "me:x:1000:1000::/:\n", YOU, false, YOU "\nme:x:1000:1000::/:\n");
	becomes(etc_text_passwd, "me:x:7:7:::\n" YOU "\n", YOU, false,
		YOU "\nme:x:7:7:::\n" YOU "\n");
	/* not entries: other formats, comments, truncated lines */
	becomes(etc_text_passwd, "#" YOU "\nme\nme:x\n:x:1000:\n\n+::::::", YOU, false,
		YOU "\n#" YOU "\nme\nme:x\n:x:1000:\n\n+::::::");
	becomes(etc_text_passwd, "me:x:1000:1000::/home/me:/bin/sh\r\n", YOU, false, "");
	becomes(etc_text_passwd, "node:x:1000:1:::\n", YOU, true, "");
	becomes(etc_text_group, "node:x:1000:\n", "me:x:1000:", false,
		"me:x:1000:\nnode:x:1000:\n");
	becomes(etc_text_group, "me:x:1000:a,b\n", "me:x:1000:", false, "");
	becomes(etc_text_group, "me:x:1000\r\n", "me:x:1000:", false, "me:x:1000:\nme:x:1000\r\n");
}

static void hosts_becomes(const char *text, const char *want)
{
	cleanup_buf struct buf in = text_of(text), out = BUF_INIT, again = BUF_INIT;

	assert_int_equal(etc_text_hosts(&in, "box", "10.0.0.1 x\n", &out), !*want);
	assert_string_equal(out.data, want);
	if (*want)
		assert_true(etc_text_hosts(&out, "box", "10.0.0.1 x\n", &again));
}

static void names_are_found_first(void **state)
{
	(void)state;
	hosts_becomes("", BLOCK);
	hosts_becomes(BLOCK, "");
	hosts_becomes("127.0.0.1 localhost\r\n10.0.0.9 box",
		      BLOCK "127.0.0.1 localhost\r\n10.0.0.9 box");
	hosts_becomes("1.1.1.1 a\n" BLOCK "2.2.2.2 b\n", BLOCK "1.1.1.1 a\n2.2.2.2 b\n");
	/* an outdated block, a truncated one, and what older versions wrote */
	hosts_becomes("# Written by sandbox at each session, up to the end mark.\n1.1.1.1 old\n"
		      "# End of what sandbox writes.\n3.3.3.3 c\n",
		      BLOCK "3.3.3.3 c\n");
	hosts_becomes("# Written by sandbox at each session, up to the end mark.\n",
		      BLOCK "# Written by sandbox at each session, up to the end mark.\n");
	hosts_becomes("127.0.0.1\tlocalhost\n127.0.1.1\told-name\n::1\tlocalhost\n", BLOCK);
}

static void lines_of_the_host(void **state)
{
	cleanup_buf struct buf out = BUF_INIT;

	(void)state;
	etc_text_hosts_lines("# c\n127.0.0.1 localhost localhost.localdomain # x\n\n  \n"
			     "10.0.0.1 db db.corp # y\r\n::1\tlocalhost ip6-loopback",
			     &out);
	assert_string_equal(out.data, "10.0.0.1 db db.corp \n::1\tlocalhost ip6-loopback\n");
}

static void nsswitch_becomes(const char *text, const char *want)
{
	cleanup_buf struct buf in = text_of(text), out = BUF_INIT, again = BUF_INIT;

	assert_int_equal(etc_text_nsswitch(&in, &out), !*want);
	assert_string_equal(out.data, want);
	if (*want)
		assert_true(etc_text_nsswitch(&out, &again));
}

static void files_are_asked(void **state)
{
	(void)state;
	nsswitch_becomes("", "hosts: files dns\n");
	nsswitch_becomes("passwd: files systemd\ngroup:compat\nhosts:  files mdns4 dns\n", "");
	nsswitch_becomes("hosts: mymachines resolve [!UNAVAIL=return] files dns", "");
	nsswitch_becomes("hosts:dns\n", "hosts: files dns\n");
	nsswitch_becomes("hosts: dns\n", "hosts: files dns\n");
	nsswitch_becomes(" hosts : dns files # files\n", " hosts : files dns files # files\n");
	nsswitch_becomes("passwd: sss\r\ngroup: xfiles\nhosts: files\r\n",
			 "passwd: files sss\r\ngroup: files xfiles\nhosts: files\r\n");
	nsswitch_becomes("# hosts: dns\nhost: dns", "# hosts: dns\nhost: dns\nhosts: files dns\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(your_line_is_put_in),
		cmocka_unit_test(names_are_found_first),
		cmocka_unit_test(lines_of_the_host),
		cmocka_unit_test(files_are_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
