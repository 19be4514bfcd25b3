/*
 * test_config_profile.c - the shipped profiles, listing, the user's directories.
 */
#include "config_fixture.h"

#include <errno.h>

#include "config/profile.h"
#include "config/xdg.h"

static char root[4096]; /* the repository */

static void listing(void **state)
{
	struct profile *v = NULL;
	size_t n = 0;

	(void)state;
	put_profile("zed", "; the last one\n[env]\n");
	put_profile("abc", "[env]\n");
	put_profile(".hidden", "; not a name\n");
	assert_int_equal(profile_list(&v, &n, &e), 0);
	assert_true(n >= 2);
	assert_string_equal(v[0].name, "abc");
	assert_string_equal(v[0].description, "");
	assert_string_equal(v[n - 1].name, "zed");
	assert_string_equal(v[n - 1].description, "the last one");
	assert_false(v[n - 1].system);
	profile_list_free(v, n);
}

/* Each profile that comes with the program is complete, described, and uses nothing pending. */
static void shipped(void **state)
{
	static const char *const names[] = {
		"agent",      "apt",	    "base",	  "dev",       "tools",	  "test",
		"build",      "install",    "service",	  "glue",      "c",	  "cpp",
		"python",     "node",	    "go",	  "rust",      "java",	  "ssh-agent",
		"git",	      "wayland",    "x11",	  "gpu",       "dbus",	  "mariadb",
		"mailpit",    "mysql",	    "nginx",	  "postgres",  "redis",	  "net-go",
		"net-crates", "net-debian", "net-github", "net-maven", "net-npm", "net-pypi"};
	cleanup_free char *from = xasprintf("%s/profiles", root);
	struct profile *v = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(rmdir("conf/sandbox/profiles"), 0);
	assert_int_equal(symlink(from, "conf/sandbox/profiles"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *text = xasprintf("[sandbox]\nprofile = %s\n", names[i]);
		cleanup_strv struct strv notes = {0}, env = {0};

		put("sandbox.ini", text);
		if (load(NULL) != 0)
			fail_msg("%s", e.msg);
		settings_pending(&s, &notes);
		assert_int_equal(notes.n, 0);
		assert_int_equal(settings_apply_env(&s, &env, &e), 0);
	}
	assert_int_equal(profile_list(&v, &n, &e), 0);
	assert_int_equal(n, ARRAY_SIZE(names));
	for (size_t i = 0; i < n; i++)
		assert_true(*v[i].description != '\0');
	profile_list_free(v, n);
	assert_int_equal(unlink("conf/sandbox/profiles"), 0);
}

static void user_dirs(void **state)
{
	cleanup_free char *data = NULL, *config = NULL, *runtime = NULL, *expected = NULL;

	(void)state;
	setenv("XDG_DATA_HOME", "/d", 1);
	data = xdg_data_dir();
	assert_string_equal(data, "/d/sandbox");
	unsetenv("XDG_DATA_HOME");
	config = xdg_config_dir(); /* $XDG_CONFIG_HOME is relative here */
	expected = xasprintf("%s/.config/sandbox", top);
	assert_string_equal(config, expected);
	setenv("XDG_RUNTIME_DIR", top, 1);
	assert_int_equal(xdg_runtime_dir(&runtime, &e), 0);
	assert_int_equal(xdg_private_dir(runtime, &e), 0);
	unsetenv("XDG_RUNTIME_DIR");
}

static void private_dirs(void **state)
{
	(void)state;
	umask(0);
	assert_int_equal(xdg_private_dir("new", &e), 0);
	assert_int_equal(xdg_private_dir("new", &e), 0);
	assert_int_equal(chmod("new", 0755), 0);
	assert_int_equal(xdg_private_dir("new", &e), -EPERM);
	assert_string_equal(e.msg, "'new' has mode 0755, not 0700: chmod or remove it");
	assert_int_equal(symlink("home", "link"), 0);
	assert_int_equal(xdg_private_dir("link", &e), -ENOTDIR);
	assert_string_equal(e.msg, "'link' is a symlink or not a directory: remove it");
	put("file", "");
	assert_int_equal(xdg_private_dir("file", &e), -ENOTDIR);
	assert_int_equal(xdg_private_dir("none/x", &e), -ENOENT);
	if (geteuid() == 0) {
		assert_int_equal(chmod("new", 0700) | chown("new", 12345, 12345), 0);
		assert_int_equal(xdg_private_dir("new", &e), -EPERM);
	} else {
		assert_int_equal(xdg_private_dir("/proc/1", &e), -EPERM);
		assert_non_null(strstr(e.msg, "not to you: have it removed, or set XDG_RUNTIME_DIR "
					      "to a directory of your own"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(listing),
		TEST(shipped),
		TEST(user_dirs),
		TEST(private_dirs),
	};

	if (!getcwd(root, sizeof(root)))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
