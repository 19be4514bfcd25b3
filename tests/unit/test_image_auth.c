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
#include "image/registry/auth.h"
#include "image/registry/credentials.h"

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
	/* The first value of a parameter counts. */
	challenge_is("Bearer realm=\"one\",realm=\"two\"", AUTH_BEARER, "one", NULL);
	challenge_is("Bearer realm=\"open", AUTH_NONE, NULL, NULL);
	challenge_is("Bearer service=\"s\"", AUTH_NONE, NULL, NULL);
	challenge_is("Bearerish realm=\"a\"", AUTH_NONE, NULL, NULL);
	challenge_is("Negotiate", AUTH_NONE, NULL, NULL);
	/* Several in one header: a token is preferred to a password, whichever comes first. */
	challenge_is("Basic realm=\"b\", Bearer realm=\"https://a/t\",service=\"s\"", AUTH_BEARER,
		     "https://a/t", "s");
	challenge_is("Bearer realm=\"https://a/t\", Basic realm=\"b\",service=\"x\"", AUTH_BEARER,
		     "https://a/t", NULL);
	challenge_is("Negotiate, NTLM abc==, Basic realm = \"b\"", AUTH_BASIC, "b", NULL);
	challenge_is("Digest realm=\"x, Bearer realm=y\"", AUTH_NONE, NULL, NULL);
	challenge_is("Bearer service=\"s\", Basic realm=\"b\"", AUTH_BASIC, "b", NULL);
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

/* No file or helper is left from another test. */
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

	assert_int_equal(credentials_find(host, path, &c), user != NULL);
	if (!user)
		return;
	assert_string_equal(c.user, user);
	assert_string_equal(c.password, password);
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
	/* podman's file is first. */
	put(".config/containers/auth.json", 0600,
	    "{\"auths\": {\"r.example\": {\"auth\": \"b25lOjE=\"}}}");
	found_is("r.example", "p", "one", "1");
}

/* Every spelling that a tool or a person has used. */
static void spellings(void **state)
{
	static const char *const ours[] = {"r.example",
					   "R.Example",
					   "https://r.example",
					   "https://r.example/",
					   "http://r.example",
					   "HTTPS://r.example/v2/",
					   "r.example/",
					   "r.example/v2/",
					   "r.example/v1",
					   "https://r.example/v1/users/",
					   "https://r.example:443",
					   "r.example:443"};
	static const char *const hub[] = {"docker.io",
					  "index.docker.io",
					  "registry-1.docker.io",
					  "https://index.docker.io/v1",
					  "https://index.docker.io/v1/",
					  "http://docker.io/"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		cleanup_free char *text = xasprintf(
			"{\"Auths\": {\"r.example.org\": {\"auth\": \"eDp5\"}, \"%s\": {\"auth\": "
			"\"bWU6YTpi\"}}}",
			ours[i]);

		put(".docker/config.json", 0600, text);
		found_is("r.example", "p", "me", "a:b");
		found_is("r.example:80", "p", NULL, NULL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(hub); i++) {
		cleanup_free char *text = xasprintf(
			"{\"auths\": {\"%s\": {\"auth\": \"bWU6YTpi\"}}}", hub[i]);

		put(".docker/config.json", 0600, text);
		found_is("docker.io", "library/debian", "me", "a:b");
	}
	/* Of several, the one that has a login; and the most exact one. */
	put(".docker/config.json", 0600,
	    "{\"auths\": {\"https://r.example\": {}, \"r.example/\": {\"auth\": \"bWU6YTpi\"}, "
	    "\"r.example/a/b\": {\"auth\": \"eDp5\"}, \"r.example/a\": {\"auth\": \"!\"}}}");
	found_is("r.example", "p", "me", "a:b");
	found_is("r.example", "a/b/c", "x", "y");
	found_is("r.example", "a/c", "me", "a:b");
}

static void oldest_file(void **state)
{
	(void)state;
	put(".dockercfg", 0600, "{\"https://index.docker.io/v1/\": {\"auth\": \"bWU6YTpi\"}}");
	found_is("docker.io", "p", "me", "a:b");
}

/* None of these stops the search: later entries are found. */
static void bad_files(void **state)
{
	static const char *const bad[] = {"{\"auths\": {\"r\": {\"auth\": \"!!!!\"}}}",
					  "{\"auths\": {\"r\": {\"auth\": 1}}}",
					  "{\"auths\": {\"r\": {\"username\": \"u\"}}}",
					  "{\"auths\": []}",
					  "garbage",
					  "[]",
					  "",
					  " \n",
					  "{\"credsStore\": \"../x\"}",
					  "{\"credsStore\": \"missing\"}",
					  "{\"credsStore\": \"\"}",
					  "{\"credsStore\": 5, \"credHelpers\": 5}",
					  "{\"credHelpers\": {\"r\": \"\"}}"};
	cleanup_free char *path = xasprintf("%s/.config/containers/auth.json", home);
	struct err e;

	(void)state;
	put(".docker/config.json", 0600, "{\"auths\": {\"r\": {\"auth\": \"bWU6YTpi\"}}}");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		put(".config/containers/auth.json", 0600, bad[i]);
		found_is("r", "p", "me", "a:b");
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	found_is("r", "p", "me", "a:b");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(file_mkdirs(path, 0700, &e), 0);
	found_is("r", "p", "me", "a:b");
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
	/* In its former spelling, or with the path of a part of that registry. */
	put(".docker/config.json", 0600,
	    "{\"other\": [1], \"auths\": {\"https://r.example/\": {\"auth\": \"eDp5\"}}}");
	free(take_ptr(where));
	assert_int_equal(credentials_store("https://r.example/v2/", "me", "2", &where, &e), 0);
	found_is("r.example", "p", "me", "2");
	free(take_ptr(where));
	assert_int_equal(credentials_store("r.example/team", "me", "3", &where, &e), 0);
	found_is("r.example", "team/x", "me", "3");
	free(take_ptr(from));
	assert_int_equal(credentials_erase("http://R.example", &found, &from, &e), 0);
	assert_true(found);
	found_is("r.example", "p", NULL, NULL);
	found_is("r.example", "team/x", "me", "3");
	free(take_ptr(from));
	assert_int_equal(credentials_erase("r.example/team/", &found, &from, &e), 0);
	assert_true(found);
	assert_int_equal(file_read(AT_FDCWD, path, 4096, &text, &e), 0);
	assert_non_null(strstr(text.data, "\"other\""));
	assert_null(strstr(text.data, "r.example"));
}

static void helpers(void **state)
{
	cleanup_credentials struct credentials c = {0};
	cleanup_free char *where = NULL;
	struct err e;

	(void)state;
	put("bin/docker-credential-test", 0755,
	    "#!/bin/sh\nread -r host\n[ \"$1\" = get ] || exit 0\ncase $host in\n"
	    "token) echo '{\"Username\":\"<token>\",\"Secret\":\"t\"}' ;;\n"
	    "none) echo credentials not found in native keychain; exit 1 ;;\n"
	    "much) yes '{' 2>/dev/null ;;\n"
	    "broken) echo the keychain is locked; exit 1 ;;\n"
	    "agent) sleep 60 & echo '{\"Username\":\"a\",\"Secret\":\"b\"}' ;;\n"
	    "rubbish) echo '<html>' ;;\n"
	    "*) echo '{\"Username\":\"'\"$host\"'\",\"Secret\":\"s\"}' ;;\nesac\n");
	put(".docker/config.json", 0600, "{\"credsStore\": \"test\"}");
	found_is("r.example", "p", "r.example", "s");
	found_is("docker.io", "p", "https://index.docker.io/v1/", "s");
	found_is("none", "p", NULL, NULL);
	found_is("much", "p", NULL, NULL);
	found_is("broken", "p", NULL, NULL);
	found_is("rubbish", "p", NULL, NULL);
	/* It has answered, whatever it leaves running. */
	found_is("agent", "p", "a", "b");
	assert_true(credentials_find("token", "p", &c));
	assert_string_equal(c.identity_token, "t");
	assert_int_equal(credentials_store("r.example", "me", "x", &where, &e), 0);
	assert_string_equal(where, "docker-credential-test");
	/*
	 * The spelling under which it was stored, and the file's own logins if the helper has none.
	 */
	put(".docker/config.json", 0600,
	    "{\"credsStore\": \"test\", \"auths\": {\"https://s.example/v2/\": {}, "
	    "\"none\": {\"auth\": \"bWU6YTpi\"}}}");
	found_is("s.example", "p", "https://s.example/v2/", "s");
	found_is("none", "p", "me", "a:b");
	put(".docker/config.json", 0600,
	    "{\"credHelpers\": {\"https://t.example\": \"test\"}, \"credsStore\": \"missing\"}");
	found_is("t.example", "p", "t.example", "s");
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
		cmocka_unit_test_setup(spellings, fresh_home),
		cmocka_unit_test_setup(oldest_file, fresh_home),
		cmocka_unit_test_setup(bad_files, fresh_home),
		cmocka_unit_test_setup(store_and_erase, fresh_home),
		cmocka_unit_test_setup(helpers, fresh_home),
	};

	signal(SIGPIPE, SIG_IGN); /* as in the program */
	return mkdtemp(home) ? cmocka_run_group_tests(tests, NULL, clean_up) : 1;
}
