/*
 * test_image_cdi.c - CDI specifications whose devices are used, and those refused, with the line.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "image/document/cdi.h"

#define HEAD "cdiVersion: 0.6.0\nkind: nvidia.com/gpu\n"
#define MAX  4

/* The list made from texts (NULL-terminated), its lines joined. */
static char *list_of(const char *const *texts)
{
	struct cdi_spec specs[MAX] = {{0}};
	cleanup_strv struct strv lines = {0};
	char *all = xstrdup("");
	struct err e;
	size_t n;

	for (n = 0; texts[n]; n++)
		assert_int_equal(cdi_parse(texts[n], strlen(texts[n]), "f", &specs[n], &e), 0);
	assert_int_equal(cdi_list(specs, n, &lines, &e), 0);
	for (size_t i = 0; i < lines.n; i++) {
		char *more = xasprintf("%s%s\n", all, lines.v[i]);

		free(all);
		all = more;
	}
	while (n--)
		cdi_clear(&specs[n]);
	return all;
}

#define assert_list(expected, ...)                                \
	do {                                                      \
		const char *const texts_[] = {__VA_ARGS__, NULL}; \
		cleanup_free char *list_ = list_of(texts_);       \
		assert_string_equal(list_, expected);             \
	} while (0)

static void devices(void **state)
{
	static const char two[] = HEAD "containerEdits: {env: [F=1]}\ndevices:\n"
				       "- {name: '0', containerEdits: {env: [A=0]}}\n"
				       "- {name: 1, containerEdits: {env: [A=1]}}\n";
	static const char all[] = HEAD "devices: [{name: all, containerEdits: {env: [A=all]}}]\n";
	static const char other[] = HEAD "containerEdits: {env: [G=1]}\n"
					 "devices: [{name: '0', containerEdits: {env: [A=2]}}]\n";

	(void)state;
	assert_list("env\tA=0\nenv\tA=1\nenv\tF=1\n", two);
	/*
	 * "all" stands for all of them, wherever it is; a file without a chosen device adds
	 * nothing.
	 */
	assert_list("env\tA=all\n", two, all);
	assert_list("env\tA=all\n", all, two);
	/* The first specification with the device wins. */
	assert_list("env\tA=2\nenv\tG=1\nenv\tA=1\nenv\tF=1\n", other, two);
	/* For another kind only the syntax is checked. */
	assert_list("", "{\"cdiVersion\":\"9.0\",\"kind\":\"example.com/nic\",\"devices\":3}",
		    "cdiVersion: 0.6.0\nkind: management.nvidia.com/gpu\n"
		    "devices: [{name: all, containerEdits: {env: [A=0]}}]\n");
}

static void edits(void **state)
{
	(void)state;
	assert_list(
		"node\t/dev/b\t/dev/a\nnode\t/dev/c\t/dev/c\n"
		"mount\trw\t/none/x\t/y\n"
		"note\tf:9: passed over: a mount of the type 'tmpfs'\n"
		"note\tf:10: passed over: a mount on "
		"'/proc/x'\nmount\tro\t/none/l\t/lib/g/libg.so.1.2\n"
		"note\tf:12: passed over: the hook '/bin/other'\n"
		"mount\tro\t/none/l\t/lib/g/libg.so\n"
		"mount\tro\t/none/l\t/lib/g/sub/g.so\n"
		"note\tpassed over: the link '/lib/g/libh.so': no mount is '/lib/g/libh.so.1'\n",
		HEAD
		"devices:\n- name: x\n  containerEdits:\n"
		"    deviceNodes: [{path: /dev/a, hostPath: /dev//b}, {path: /dev/c, type: c}]\n"
		"    mounts:\n"
		"    - &m {hostPath: /none/x, containerPath: /y, options: [rbind]}\n"
		"    - {hostPath: /none/t, containerPath: /t, type: tmpfs}\n"
		"    - {hostPath: /none/t, containerPath: /proc/x}\n"
		"    - {hostPath: /none/l, containerPath: /lib/g/libg.so.1.2, options: [ro]}\n"
		"    hooks: [{path: /bin/other, args: [other, --link, a::/b]},\n"
		"      {path: /x/nvidia-ctk, args: [nvidia-ctk, hook, update-ldcache, --directory, "
		"/x]},\n"
		"      {path: /x/nvidia-cdi-hook, args: [nvidia-cdi-hook, create-symlinks,\n"
		"        --link, 'libg.so.1.2::/lib/g/libg.so', "
		"--link=../libg.so::/lib/g/sub/g.so, --link, 'libh.so.1::/lib/g/libh.so']}]\n"
		"    additionalGids: [44]\n    mounts2: *m\n");
}

static void assert_bad(const char *text, const char *message)
{
	struct cdi_spec spec = {0};
	struct err e;

	assert_int_equal(cdi_parse(text, strlen(text), "f", &spec, &e), -EBADMSG);
	assert_string_equal(e.msg, message);
	cdi_clear(&spec);
}

static void refused(void **state)
{
#define EDITS(text) HEAD "devices: [{name: x, containerEdits: {" text "}}]\n"
	(void)state;
	assert_bad("", "f:1: there is nothing in it");
	assert_bad("[]", "f:1: expected a mapping, with 'cdiVersion'");
	assert_bad("kind: a.b/gpu\n", "f:1: missing: 'cdiVersion'");
	assert_bad("kind: gpu\ncdiVersion: 1.0.0\n",
		   "f:1: expected VENDOR/CLASS for 'kind', not 'gpu'");
	assert_bad("\nkind: a.b/gpu\ncdiVersion: 0.2.0\n",
		   "f:2: expected cdiVersion 0.3 to 1, not '0.2.0'");
	assert_bad("kind: a.b/gpu\ncdiVersion: 2.0.0\n",
		   "f:1: expected cdiVersion 0.3 to 1, not '2.0.0'");
	assert_bad(HEAD, "f:1: there are no devices in it");
	assert_bad(HEAD "devices: [{name: a}, {name: a}]\n",
		   "f:3: a second device with the name 'a'");
	assert_bad(HEAD "devices: [{name: a}]\n---\na: b\n",
		   "f:5: there is a second document in it");
	assert_bad(EDITS("env: [A]"), "f:3: expected NAME=VALUE, not 'A'");
	assert_bad(EDITS("env: A=1"), "f:3: expected a list for 'env'");
	assert_bad(EDITS("env: [\"A=1\\n\"]"), "f:3: a control character in 'A=1\\n'");
	assert_bad(EDITS("deviceNodes: [{path: /etc/passwd}]"),
		   "f:3: this path cannot be lent: '/etc/passwd'");
	assert_bad(EDITS("deviceNodes: [{path: /dev/x, hostPath: /dev/../etc}]"),
		   "f:3: expected an absolute path without '..', not '/dev/../etc'");
	assert_bad(EDITS("mounts: [{hostPath: /, containerPath: /x}]"),
		   "f:3: this path cannot be lent: '/'");
	assert_bad(EDITS("mounts: [{hostPath: /x}]"), "f:3: missing: 'containerPath'");
	assert_bad(EDITS("hooks: [{path: /nvidia-x, args: [a, create-symlinks, --link, b]}]"),
		   "f:3: expected TARGET::LINK, not 'b'");
}

/* Aliases of aliases: a few lines that would expand to 10^9 edits. */
static void too_much(void **state)
{
	cleanup_free char *text = xstrdup(HEAD
					  "x: &a {hostPath: /a, containerPath: /b}\ndevices:\n- "
					  "name: x\n  containerEdits: &e\n    mounts: [*a");
	struct cdi_spec spec = {0};
	struct err e;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		char *more = xasprintf("%s, *a%s", text, i == 2999 ? "]\n" : "");

		free(text);
		text = more;
	}
	for (int i = 0; i < 100; i++) {
		char *more = xasprintf("%s- {name: d%d, containerEdits: *e}\n", text, i);

		free(text);
		text = more;
	}
	assert_int_equal(cdi_parse(text, strlen(text), "f", &spec, &e), -EBADMSG);
	assert_non_null(strstr(e.msg, "there is too much in it"));
	cdi_clear(&spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices),
		cmocka_unit_test(edits),
		cmocka_unit_test(refused),
		cmocka_unit_test(too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
