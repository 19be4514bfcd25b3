/*
 * test_image_auth.c - challenges of registries, and logins in files and helpers of other tools.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"
#include "image/auth.h"
#include "image/credentials.h"

static char home[] = "/tmp/test_image_auth-XXXXXX";

static void challenge_is(const char *text, enum auth_scheme scheme, const char *realm,
			 const char *service)
{
	cleanup_auth_challenge struct auth_challenge c;

	auth_parse(text, &c);
	assert_int_equal(c.scheme, scheme);
	if (realm)
		assert_string_equal(c.realm, realm);
	if (service)
		assert_string_equal(c.service, service);
	else
		assert_null(c.service);
}

static void challenges(void **state)
{
	(void)state;
	challenge_is("Basic realm=\"a b\"", AUTH_BASIC, "a b", NULL);
	challenge_is("bearer realm=\"https://a/t\",service=\"s\",scope=\"x:y:pull,push\"",
		     AUTH_BEARER, "https://a/t", "s");
	challenge_is("Bearer realm=https://a/t , service=s", AUTH_BEARER, "https://a/t", "s");
	challenge_is("Bearer realm=\"a\\\"b\"", AUTH_BEARER, "a\"b", NULL);
	/* The first value of a name counts. */
	challenge_is("Bearer realm=\"one\",realm=\"two\"", AUTH_BEARER, "one", NULL);
	challenge_is("Bearer realm=\"open", AUTH_NONE, NULL, NULL);
	challenge_is("Bearer service=\"s\"", AUTH_NONE, NULL, "s");
	challenge_is("Bearerish realm=\"a\"", AUTH_NONE, NULL, NULL);
	challenge_is("Negotiate", AUTH_NONE, NULL, NULL);
	challenge_is("", AUTH_NONE, NULL, NULL);
}

static void put(const char *name, mode_t mode, const char *text)
{
	cleanup_free char *path = xasprintf("%s/%s", home, name), *dir = xstrdup(path);
	struct err e;

	*strrchr(dir, '/') = '\0';
	assert_int_equal(file_mkdirs(dir, 0700, &e), 0);
	assert_int_equal(file_write_atomic(AT_FDCWD, path, text, strlen(text), mode, &e), 0);
}

/* Neither file nor helper is left over from another test. */
static int fresh_home(void **state)
{
	cleanup_free char *bin = xasprintf("%s/bin:/usr/bin:/bin", home);
	struct err e;

	(void)state;
	file_remove_tree(AT_FDCWD, home, &e);
	unsetenv("REGISTRY_AUTH_FILE");
	unsetenv("DOCKER_CONFIG");
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("XDG_CONFIG_HOME");
	return mkdir(home, 0700) || setenv("HOME", home, 1) || setenv("PATH", bin, 1);
}

static void found_is(const char *host, const char *path, const char *user, const char *password)
{
	cleanup_credentials struct credentials c = {0};
	struct err e = {0};
	bool found;

	assert_int_equal(credentials_find(host, path, &c, &found, &e), 0);
	assert_int_equal(found, user != NULL);
	if (!user)
		return;
	assert_string_equal(c.user, user);
	assert_string_equal(c.password, password);
}

static void fails(const char *host, const char *why)
{
	cleanup_credentials struct credentials c = {0};
	struct err e = {0};
	bool found;

	assert_true(credentials_find(host, "p", &c, &found, &e) < 0);
	assert_non_null(strstr(e.msg, why));
}

static void files(void **state)
{
	(void)state;
	found_is("r.example", "p", NULL, NULL);
	put(".docker/config.json", 0600,
	    "{\"auths\": {\"r.example\": {\"auth\": \"bWU6YTpi\"}, "
	    "\"https://index.docker.io/v1/\": {\"auth\": \"aHViOng=\"}, "
	    "\"r.example/team\": {\"username\": \"t\", \"password\": \"u\"}, \"empty\": {}}}");
	found_is("r.example", "p", "me", "a:b");
	found_is("r.example", "team/x", "t", "u");
	found_is("r.example", "teamx", "me", "a:b");
	found_is("docker.io", "library/debian", "hub", "x");
	found_is("empty", "p", NULL, NULL);
	found_is("evil-r.example", "p", NULL, NULL);
	/* podman's comes first. */
	put(".config/containers/auth.json", 0600,
	    "{\"auths\": {\"r.example\": {\"auth\": \"b25lOjE=\"}}}");
	found_is("r.example", "p", "one", "1");
}

static void bad_files(void **state)
{
	cleanup_free char *fifo = xasprintf("%s/.docker/config.json", home);

	(void)state;
	put(".docker/config.json", 0600, "{\"auths\": {\"r\": {\"auth\": \"!!!!\"}}}");
	fails("r", "base64");
	put(".docker/config.json", 0600, "{\"auths\": {\"r\": {\"auth\": 1}}}");
	fails("r", "'auth' has the wrong type");
	put(".docker/config.json", 0600, "garbage");
	fails("r", ".docker/config.json");
	put(".docker/config.json", 0600, "{\"credsStore\": \"../x\"}");
	fails("r", "is no name of a credential helper");
	put(".docker/config.json", 0600, "{\"credsStore\": \"missing\"}");
	fails("r", "docker-credential-missing");
	assert_int_equal(unlink(fifo), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	fails("r", "not a regular file");
}

static void store_and_erase(void **state)
{
	cleanup_free char *path = xasprintf("%s/.docker/config.json", home), *where = NULL;
	cleanup_free char *from = NULL;
	cleanup_buf struct buf text = BUF_INIT;
	struct stat st;
	struct err e;
	bool found;

	(void)state;
	put(".docker/config.json", 0644,
	    "{\"other\": [1], \"auths\": {\"a\": {\"auth\": \"eDp5\"}}}");
	assert_int_equal(credentials_store("r.example", "me", "se:cret", &where, &e), 0);
	assert_string_equal(where, path);
	found_is("r.example", NULL, "me", "se:cret");
	found_is("a", NULL, "x", "y");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(credentials_erase("r.example", &found, &from, &e), 0);
	assert_true(found);
	found_is("r.example", NULL, NULL, NULL);
	assert_int_equal(file_read(AT_FDCWD, path, 4096, &text, &e), 0);
	assert_non_null(strstr(text.data, "\"other\""));
	assert_null(strstr(text.data, "r.example"));
}

static void helpers(void **state)
{
	cleanup_credentials struct credentials c = {0};
	cleanup_free char *where = NULL;
	struct err e;
	bool found;

	(void)state;
	put("bin/docker-credential-test", 0755,
	    "#!/bin/sh\nread -r host\n[ \"$1\" = get ] || exit 0\ncase $host in\n"
	    "token) echo '{\"Username\":\"<token>\",\"Secret\":\"t\"}' ;;\n"
	    "none) echo credentials not found in native keychain; exit 1 ;;\n"
	    "much) yes '{' 2>/dev/null ;;\n"
	    "*) echo '{\"Username\":\"'\"$host\"'\",\"Secret\":\"s\"}' ;;\nesac\n");
	put(".docker/config.json", 0600, "{\"credsStore\": \"test\"}");
	found_is("r.example", "p", "r.example", "s");
	found_is("docker.io", "p", "https://index.docker.io/v1/", "s");
	found_is("none", "p", NULL, NULL);
	fails("much", "says too much");
	assert_int_equal(credentials_find("token", "p", &c, &found, &e), 0);
	assert_true(found);
	assert_string_equal(c.identity_token, "t");
	assert_int_equal(credentials_store("r.example", "me", "x", &where, &e), 0);
	assert_string_equal(where, "docker-credential-test");
}

static int clean_up(void **state)
{
	struct err e;

	(void)state;
	return file_remove_tree(AT_FDCWD, home, &e);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(challenges),
		cmocka_unit_test_setup(files, fresh_home),
		cmocka_unit_test_setup(bad_files, fresh_home),
		cmocka_unit_test_setup(store_and_erase, fresh_home),
		cmocka_unit_test_setup(helpers, fresh_home),
	};

	signal(SIGPIPE, SIG_IGN); /* as in the program */
	return mkdtemp(home) ? cmocka_run_group_tests(tests, NULL, clean_up) : 1;
}
