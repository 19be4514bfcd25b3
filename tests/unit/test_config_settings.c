/*
 * test_config_settings.c - settings_load() on real files: order, includes, variants, messages,
 * mounts.
 */
#include "config_fixture.h"

#include "config/env.h"
#include "config/mounts.h"

static void fails_with(const char *message)
{
	assert_int_not_equal(load(NULL), 0);
	assert_string_equal(e.msg, message);
}

static void value_is(enum schema_id id, const char *value, const char *source)
{
	const struct setting *st = settings_find(&s, id);

	assert_string_equal(settings_get(&s, id), value);
	assert_non_null(st);
	assert_string_equal(st->source, source);
}

static void defaults(void **state)
{
	struct settings_request req = {0};

	(void)state;
	assert_int_equal(load(NULL), 0);
	assert_int_equal(s.n, 0);
	assert_null(s.project_file);
	assert_string_equal(s.project_dir, top);
	assert_string_equal(settings_get(&s, KEY_IMAGE), "host");
	assert_null(settings_get(&s, KEY_NAME));
	assert_null(settings_find(&s, KEY_IMAGE));
	assert_int_equal(settings_duration_ms(&s, KEY_LINGER), 10000);
	assert_true(settings_bool(&s, KEY_SUDO));
	assert_false(settings_bool(&s, KEY_ROOT));
	settings_clear(&s);
	assert_int_equal(settings_load(&req, &s, &e), 0);
	assert_null(s.project_dir);
}

static void order(void **state)
{
	struct settings_request req = {.project_dir = top};
	cleanup_strv struct strv words = {0}, env = {0};

	(void)state;
	put_profile("one", "[sandbox]\nlinger = 1s\nhome = host\nroot = yes\nperf = yes\n"
			   "[env]\nPATH = /one:$PATH\nX = one\n[packages]\napt = gcc\n");
	put_profile("two", "[sandbox]\nlinger = 2s\n[env]\nPATH = /two:$PATH\nX = two\n"
			   "[packages]\napt = make,\n\tcmake\n");
	put("inc.ini", "[sandbox]\nlinger = 3s\nhostname = inc\nshell = sh\n");
	put("sandbox.ini", "[sandbox]\nprofile = one, two\ninclude = ./inc.ini\nhostname = file\n"
			   "network = none\n[env]\nPATH = $PATH:/last\n");
	setenv("SANDBOX_NETWORK", "host", 1);
	setenv("SANDBOX_IO_URING", "yes", 1);
	setenv("SANDBOX_SHELL", "", 1);
	setenv("SANDBOX_NO_SUCH", "x", 1);
	strv_push(&req.overrides, "network=none");
	assert_int_equal(settings_load(&req, &s, &e), 0);
	unsetenv("SANDBOX_NETWORK");
	unsetenv("SANDBOX_IO_URING");
	strv_clear(&req.overrides);

	value_is(KEY_LINGER, "3s", "inc.ini:2");
	value_is(KEY_HOME, "host", ".config/sandbox/profiles/one.ini:3");
	value_is(KEY_HOSTNAME, "file", "sandbox.ini:4");
	value_is(KEY_SHELL, "sh", "inc.ini:4");
	value_is(KEY_NETWORK, "none", "flag");
	value_is(KEY_IO_URING, "yes", "SANDBOX_IO_URING");
	settings_list(&s, KEY_APT, &words);
	assert_int_equal(words.n, 3);
	assert_string_equal(words.v[2], "cmake");
	env_set(&env, "PATH", "/bin");
	assert_int_equal(settings_apply_env(&s, &env, &e), 0);
	assert_string_equal(env_get(&env, "PATH"), "/two:/one:/bin:/last");
	assert_string_equal(env_get(&env, "X"), "two");
}

static void outside_profiles(void **state)
{
	struct settings_request req = {.project_dir = top};

	(void)state;
	put_profile("one", "[sandbox]\nlinger = 1s\n");
	put_profile("two", "[sandbox]\nlinger = 2s\n");
	strv_push(&req.profiles, "two");
	setenv("SANDBOX_PROFILE", "one", 1);
	assert_int_equal(settings_load(&req, &s, &e), 0);
	assert_string_equal(settings_get(&s, KEY_LINGER), "2s");
	settings_clear(&s);
	setenv("SANDBOX_PROFILE", "tow", 1);
	assert_int_not_equal(settings_load(&req, &s, &e), 0);
	assert_string_equal(e.msg,
			    "SANDBOX_PROFILE: there is no profile 'tow', did you mean 'two'?");
	unsetenv("SANDBOX_PROFILE");
	strv_push(&req.overrides, "imgae=x");
	assert_int_not_equal(settings_load(&req, &s, &e), 0);
	assert_string_equal(e.msg, "flag: unknown key 'imgae' in [sandbox], did you mean 'image'?");
	strv_clear(&req.profiles);
	strv_clear(&req.overrides);
	setenv("SANDBOX_NETWORK", "x", 1);
	assert_int_not_equal(settings_load(&req, &s, &e), 0);
	assert_string_equal(e.msg, "SANDBOX_NETWORK: bad value 'x' for network: expected one of: "
				   "gateway host none pasta");
	unsetenv("SANDBOX_NETWORK");
}

static void variants(void **state)
{
	cleanup_strv struct strv env = {0};

	(void)state;
	put("sandbox.ini", "[env:test]\nA = test\n[env]\nA = plain\n[env:prod]\nA = prod\n");
	assert_int_equal(load("test"), 0);
	assert_int_equal(settings_apply_env(&s, &env, &e), 0);
	assert_string_equal(env_get(&env, "A"), "test");
	assert_int_equal(load(NULL), 0);
	assert_int_equal(settings_apply_env(&s, &env, &e), 0);
	assert_string_equal(env_get(&env, "A"), "plain");
	assert_int_not_equal(load("tset"), 0);
	assert_string_equal(e.msg, "there is no variant [env:tset], did you mean 'test'?");
	put("sandbox.ini", "[env:test]\nA = $\n"); /* checked even if not chosen */
	assert_int_not_equal(load(NULL), 0);
}

static void messages(void **state)
{
	(void)state;
	put("sandbox.ini", "[sandbox]\n\n\nimgae = x\n");
	fails_with("sandbox.ini:4: unknown key 'imgae' in [sandbox], did you mean 'image'?");
	put("sandbox.ini", "[sandbox]\nname = x\n[evn]\n");
	fails_with("sandbox.ini:3: unknown section [evn], did you mean 'env'?");
	put("sandbox.ini", "[sandbox]\nprofile = ./none.ini\n");
	fails_with("sandbox.ini:2: cannot open 'none.ini': No such file or directory");
	put("sandbox.ini", "[sandbox]\nprofile = a b/ c\n");
	put_profile("a", "[sandbox]\nprofile = x\n");
	fails_with(
		".config/sandbox/profiles/a.ini:2: 'profile' belongs in sandbox.ini, a profile has "
		"'include'");
	put("sandbox.ini", "[sandbox]\nprofile = a*\n");
	fails_with("sandbox.ini:2: bad profile name 'a*': a file needs a '/', as in './a*'");
	put("sandbox.ini", "[sandbox]\nprofile = zzzzzz\n");
	fails_with("sandbox.ini:2: there is no profile 'zzzzzz': see 'sandbox profile ls'");
	put("sandbox.ini", "[sandbox]\nimgae = x\n");
	assert_int_equal(chdir("home"), 0);
	fails_with("../sandbox.ini:2: unknown key 'imgae' in [sandbox], did you mean 'image'?");
	assert_int_equal(chdir("/"), 0);
	assert_int_not_equal(load(NULL), 0);
	assert_int_equal(strncmp(e.msg, top, strlen(top)), 0);
}

static void cycles(void **state)
{
	(void)state;
	put("sandbox.ini", "[sandbox]\ninclude = ./a.ini\n");
	put("a.ini", "[sandbox]\ninclude = ./b.ini\n");
	put("b.ini", "; b\n[sandbox]\ninclude = ./a.ini\n");
	fails_with("b.ini:3: files include each other: sandbox.ini -> a.ini -> b.ini -> a.ini");
	put("b.ini", "[sandbox]\ninclude = ./sandbox.ini\n");
	fails_with(
		"b.ini:2: files include each other: sandbox.ini -> a.ini -> b.ini -> sandbox.ini");
	put("a.ini", "[sandbox]\ninclude = ./a.ini\n");
	fails_with("a.ini:2: files include each other: sandbox.ini -> a.ini -> a.ini");
}

/* Named twice, merged once: a list does not get its words twice. */
static void diamond(void **state)
{
	cleanup_strv struct strv words = {0};

	(void)state;
	put("sandbox.ini", "[sandbox]\ninclude = ./a.ini ./b.ini\n");
	put("a.ini", "[sandbox]\ninclude = ./c.ini\n");
	put("b.ini", "[sandbox]\ninclude = ./c.ini\n");
	put("c.ini", "[packages]\napt = gcc\n");
	assert_int_equal(load(NULL), 0);
	settings_list(&s, KEY_APT, &words);
	assert_int_equal(words.n, 1);
}

static void deep(void **state)
{
	(void)state;
	put("sandbox.ini", "[sandbox]\ninclude = ./1.ini\n");
	for (int i = 1; i <= 16; i++) {
		cleanup_free char *name = xasprintf("%d.ini", i);
		cleanup_free char *text = xasprintf("[sandbox]\ninclude = ./%d.ini\n", i + 1);

		put(name, text);
	}
	assert_int_not_equal(load(NULL), 0);
	assert_non_null(strstr(e.msg, "15.ini:2: includes nested deeper than 16: sandbox.ini -> "));
	put("16.ini", "");
	put("14.ini", "");
	assert_int_equal(load(NULL), 0);
}

static void pending(void **state)
{
	cleanup_strv struct strv notes = {0};

	(void)state;
	put("sandbox.ini", "[sandbox]\n[limits]\npids = 80\nmemory = 1G\n[env]\nA = b\n");
	assert_int_equal(load(NULL), 0);
	settings_pending(&s, &notes);
	assert_int_equal(notes.n, 1);
	assert_string_equal(notes.v[0], "sandbox.ini:3: [limits] is not implemented yet");
}

static void mounts(void **state)
{
	struct mount_setting *v = NULL;
	cleanup_free char *data = xasprintf("%s/my data", top), *home = xasprintf("%s/x", top);
	cleanup_free char *beside = xasprintf("%s/beside", top);
	size_t n = 0;

	(void)state;
	put("sandbox.ini", "[sandbox]\nprofile = p\n[mounts]\n/data = ./my data ro\n"
			   "~/.c = cache:c\n/s//t/ = tmpfs size=1M\n/h = ~/x\n/s/t = cache:new\n");
	put_profile("p", "[mounts]\n/beside = ../../../beside\n/h = /lost\n");
	assert_int_equal(load(NULL), 0);
	assert_int_equal(settings_mounts(&s, "/home/me", &v, &n, &e), 0);
	assert_int_equal(n, 5);
	assert_string_equal(v[0].target, "/beside");
	assert_string_equal(v[0].source, beside);
	assert_string_equal(v[1].target, "/data");
	assert_string_equal(v[1].source, data);
	assert_true(v[1].read_only);
	assert_string_equal(v[1].where, "sandbox.ini:4");
	assert_string_equal(v[2].target, "/home/me/.c");
	assert_int_equal(v[2].kind, MOUNT_SETTING_CACHE);
	assert_string_equal(v[3].source, home);
	assert_string_equal(v[4].target, "/s/t");
	assert_string_equal(v[4].source, "new");
	mount_settings_free(v, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults), TEST(order),  TEST(outside_profiles), TEST(variants),
		TEST(messages), TEST(cycles), TEST(diamond),	      TEST(deep),
		TEST(pending),	TEST(mounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
