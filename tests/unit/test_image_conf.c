/*
 * test_image_conf.c - sandbox.conf: defaults, each key, what is refused and at which line; loopback
 * hosts.
 */
#include "config_fixture.h"
#include "image/name/conf.h"

static struct image_conf conf;

static int conf_load(const char *text)
{
	image_conf_clear(&conf);
	put("conf/sandbox/sandbox.conf", text);
	return image_conf_load(&conf, &e);
}

static int conf_teardown(void **state)
{
	image_conf_clear(&conf);
	return teardown(state);
}

static void defaults(void **state)
{
	(void)state;
	assert_int_equal(image_conf_load(&conf, &e), 0);
	assert_string_equal(conf.registry, "docker.io");
	assert_int_equal(conf.stores.n, 0);
	assert_in_range(conf.parallel, 2, 6);
	assert_int_equal(conf.max_size, UINT64_C(64) << 30);
	assert_int_equal(conf.max_entries, 4000000);
	assert_int_equal(conf.stall_seconds, 60);
	assert_int_equal(conf.n_registries, 0);
	assert_null(image_conf_registry(&conf, "docker.io"));
}

static void every_key(void **state)
{
	const struct registry_conf *r;

	(void)state;
	assert_int_equal(conf_load("[images]\n"
				   "registry = registry.example.com:5000\n"
				   "stores = /srv/a, /srv/b\n"
				   "  /srv/c\n"
				   "parallel = 3\n"
				   "max-size = 1M\n"
				   "max-entries = 10\n"
				   "stall-timeout = 2m\n"
				   "[registry docker.io]\n"
				   "mirror = one.example:80/hub two.example\n"
				   "[registry localhost:5000]\n"
				   "insecure = yes\n"),
			 0);
	assert_string_equal(conf.registry, "registry.example.com:5000");
	assert_int_equal(conf.stores.n, 3);
	assert_string_equal(conf.stores.v[2], "/srv/c");
	assert_int_equal(conf.parallel, 3);
	assert_int_equal(conf.max_size, 1 << 20);
	assert_int_equal(conf.max_entries, 10);
	assert_int_equal(conf.stall_seconds, 120);
	r = image_conf_registry(&conf, "docker.io");
	assert_non_null(r);
	assert_int_equal(r->mirrors.n, 2);
	assert_string_equal(r->mirrors.v[0], "one.example:80/hub");
	assert_false(r->insecure);
	r = image_conf_registry(&conf, "localhost:5000");
	assert_non_null(r);
	assert_true(r->insecure);
	assert_null(image_conf_registry(&conf, "localhost"));
}

static void refused(void **state)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{"[images]\nregistry = a/b\n",
		 "2: expected a registry's host[:port], such as docker.io"},
		{"[images]\nregistry =\n",
		 "2: expected a registry's host[:port], such as docker.io"},
		{"[images]\n\nstores = relative\n", "3: expected absolute paths of stores"},
		{"[images]\nparallel = 0\n", "2: expected a number of layers at once, 1 to 16"},
		{"[images]\nparallel = 17\n", "2: expected a number of layers at once, 1 to 16"},
		{"[images]\nmax-size = 0\n", "2: expected a size such as 64G"},
		{"[images]\nmax-size = big\n", "2: expected a size such as 64G"},
		{"[images]\nstall-timeout = 0\n", "2: expected a time such as 60s, 1s to 1h"},
		{"[images]\nmax-entries = -1\n", "2: expected a number of files"},
		{"[images]\nregisrty = x\n",
		 "2: unknown key 'regisrty' in [images], did you mean 'registry'?"},
		{"[registry docker.io]\nmirror = ftp://x\n",
		 "2: expected mirrors of the form host[:port][/prefix]"},
		{"[registry docker.io]\nmirror = x/../y\n",
		 "2: expected mirrors of the form host[:port][/prefix]"},
		{"[registry docker.io]\nmirror = user@x\n",
		 "2: expected mirrors of the form host[:port][/prefix]"},
		{"[registry docker.io]\nmirror = -x\n",
		 "2: expected mirrors of the form host[:port][/prefix]"},
		{"[registry docker.io]\ninsecure = perhaps\n", "2: expected yes or no"},
		{"[registry docker.io]\nuser = me\n",
		 "2: unknown key 'user' in [registry docker.io]: there are 'mirror' and "
		 "'insecure'"},
		{"[registry a/b]\n", "1: bad section [registry a/b]: write [registry HOST]"},
		{"[registry ]\n", "1: bad section [registry ]: write [registry HOST]"},
		{"[sandbox]\nimage = host\n", "1: unknown section [sandbox]: sandbox.conf has "
					      "[images], [registry HOST] and [policy]"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup_free char *message = xasprintf("%s/.config/sandbox/sandbox.conf:%s", top,
						       bad[i].message);

		assert_int_equal(conf_load(bad[i].text), -ERR_USAGE);
		assert_null(conf.registry);
		assert_string_equal(e.msg, message);
	}
}

static const struct setting *found(const char *section, const char *key)
{
	const struct setting *v = conf.settings.v;

	for (size_t i = conf.settings.n; i-- > 0;)
		if (streq(v[i].section, section) && streq(v[i].key, key))
			return &v[i];
	fail_msg("no [%s] %s", section, key);
	return NULL;
}

/* Single values are replaced, lists grow, and each has the line that set it. */
static void sources(void **state)
{
	const struct settings *st = &conf.settings;
	cleanup_free char *line = xasprintf("%s/.config/sandbox/sandbox.conf:3", top);

	(void)state;
	assert_int_equal(conf_load("[images]\n"
				   "max-size = 1G\n"
				   "max-size = 2G\n"
				   "stores = /a\n"
				   "stores = /b\n"
				   "[registry x]\n"
				   "mirror = y\n"),
			 0);
	assert_string_equal(found("images", "max-size")->value, "2G");
	assert_string_equal(found("images", "max-size")->source, line);
	assert_string_equal(found("images", "registry")->source, "built-in");
	assert_string_equal(found("registry x", "mirror")->value, "y");
	assert_int_equal(conf.stores.n, 2);
	assert_int_equal(st->n, 7);
}

static void known_keys(void **state)
{
	(void)state;
	assert_true(image_conf_has_key("images", "max-entries"));
	assert_true(image_conf_has_key("registry docker.io", "mirror"));
	assert_false(image_conf_has_key("images", "mirror"));
	assert_false(image_conf_has_key("sandbox", "registry"));
}

/* A cloned repository has no say in whom we trust. */
static void not_in_a_project(void **state)
{
	static const char *const sections[] = {"images", "registry", "registry docker.io"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		cleanup_free char *text = xasprintf("[%s]\nregistry = x\n", sections[i]);
		cleanup_free char *message = xasprintf(
			"sandbox.ini:1: [%s] belongs in sandbox.conf, which no project "
			"or profile can change: see sandbox.conf(5)",
			sections[i]);

		put("sandbox.ini", text);
		assert_int_equal(load(NULL), -ERR_USAGE);
		assert_string_equal(e.msg, message);
	}
	put_profile("p", "[images]\nregistry = x\n");
	put("sandbox.ini", "[sandbox]\nprofile = p\n");
	assert_int_equal(load(NULL), -ERR_USAGE);
	assert_non_null(strstr(e.msg, "[images] belongs in sandbox.conf"));
}

static void loopback(void **state)
{
	static const char *const good[] = {"localhost",	   "localhost:5000", "127.0.0.1",
					   "127.1.2.3:80", "[::1]",	     "[::1]:5000"};
	static const char *const bad[] = {"localhost.example.com",
					  "127.0.0.1.example.com",
					  "128.0.0.1",
					  "[::2]",
					  "docker.io",
					  "xlocalhost",
					  ""};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(image_conf_is_loopback(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(image_conf_is_loopback(bad[i]));
}

#define CONF_TEST(f) cmocka_unit_test_setup_teardown(f, setup, conf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONF_TEST(defaults),	     CONF_TEST(every_key),
		CONF_TEST(refused),	     CONF_TEST(sources),
		CONF_TEST(not_in_a_project), cmocka_unit_test(known_keys),
		cmocka_unit_test(loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
