/* The values of [service NAME], and the order of services. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/schema.h"
#include "config/service.h"

static void volumes(void **state)
{
	static const struct {
		const char *word, *target, *value;
	} good[] = {
		{"data:/var/lib", "/var/lib", "volume:data"},
		{"data:/x:ro", "/x", "volume:data ro"},
		{"./a:/x", "/x", "./a"},
		{"~/a:/x:ro", "/x", "~/a ro"},
		{"/a b/c:/x:rw", "/x", "/a b/c rw"},
		{"/x", "/x", "volume:"},
		{"../a:b:/x", "/x", "../a:b"},
		{"./a:/x:create", "/x", "./a create"},
		{"./a:/x:ro:create", "/x", "./a ro create"},
	};
	static const char *const bad[] = {"",
					  ":/x",
					  "data",
					  "data:x",
					  "a b:/x",
					  "a:/",
					  "a:/../x",
					  "a:/./",
					  "a:/x/../../y",
					  "-a:/x",
					  "a:/x:create",
					  "/x:create",
					  "./a:/x:create:ro"};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cleanup_free char *target = NULL, *value = NULL;

		assert_int_equal(service_volume_split(good[i].word, &target, &value, &e), 0);
		assert_string_equal(target, good[i].target);
		assert_string_equal(value, good[i].value);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *target = NULL, *value = NULL;

		assert_int_equal(service_volume_split(bad[i], &target, &value, &e), -ERR_USAGE);
		assert_null(target);
		assert_null(value);
	}
}

static void health(void **state)
{
	static const struct {
		const char *text;
		int kind;
		const char *rest;
	} good[] = {{"none", HEALTH_NONE, "none"},
		    {"port 80", HEALTH_PORT, "80"},
		    {"port  65535", HEALTH_PORT, "65535"},
		    {"http://x:8/y?z", HEALTH_HTTP, "http://x:8/y?z"},
		    {"log ready to", HEALTH_LOG, "ready to"},
		    {"logger x", HEALTH_COMMAND, "logger x"},
		    {"portal", HEALTH_COMMAND, "portal"},
		    {"a && b", HEALTH_COMMAND, "a && b"}};
	static const char *const bad[] = {"",		"port 0",   "port 65536", "port x",
					  "log ",	"http://",  "http:///x",  "http://a b",
					  "http://u@h", "https://x"};
	struct service_health h;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(service_health_parse(good[i].text, &h, &e), 0);
		assert_int_equal(h.kind, good[i].kind);
		assert_string_equal(h.text, good[i].rest);
		free(h.text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(service_health_parse(bad[i], &h, &e), -ERR_USAGE);
}

static void restart(void **state)
{
	struct service_restart r;
	struct err e;

	(void)state;
	assert_int_equal(service_restart_parse("on-failure:3", &r, &e), 0);
	assert_int_equal(r.when, RESTART_ON_FAILURE);
	assert_int_equal(r.most, 3);
	assert_int_equal(service_restart_parse("unless-stopped", &r, &e), 0);
	assert_int_equal(r.when, RESTART_UNLESS_STOPPED);
	assert_int_equal(service_restart_parse("on-failure:0", &r, &e), -ERR_USAGE);
	assert_int_equal(service_restart_parse("", &r, &e), -ERR_USAGE);
}

static void add(struct settings *s, const char *name, enum schema_id id, const char *value)
{
	cleanup_free char *section = xasprintf("service %s", name);
	struct setting st = setting_of(id, value, "sandbox.ini:1");

	st.section = section;
	settings_add(s, &st);
}

static void names_of(struct service **v, size_t n, char dst[128])
{
	size_t len = 0;

	*dst = '\0';
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(dst + len, 128 - len, "%s%s", i ? " " : "", v[i]->name);
}

static void order(void **state)
{
	cleanup_settings struct settings s = {.project_dir = NULL};
	cleanup_services struct services list = {0};
	cleanup_strv struct strv with = {0};
	char *words[] = {(char *)"web", NULL}, text[128];
	struct service **v = NULL;
	size_t n = 0;
	struct err e;

	(void)state;
	add(&s, "web", KEY_SERVICE_IMAGE, "x");
	add(&s, "web", KEY_SERVICE_NEEDS, "api, cache:started");
	add(&s, "api", KEY_SERVICE_IMAGE, "x");
	add(&s, "api", KEY_SERVICE_NEEDS, "db");
	add(&s, "db", KEY_SERVICE_IMAGE, "x");
	add(&s, "cache", KEY_SERVICE_IMAGE, "x");
	add(&s, "rare", KEY_SERVICE_IMAGE, "x");
	add(&s, "rare", KEY_SERVICE_PROFILES, "debug");
	assert_int_equal(services_load(&s, &list, &e), 0);
	assert_int_equal(services_select(&list, words, &with, &v, &n, &e), 0);
	names_of(v, n, text);
	assert_string_equal(text, "db api cache web");
	free(v);
	strv_push(&with, "debug");
	assert_int_equal(services_select(&list, NULL, &with, &v, &n, &e), 0);
	names_of(v, n, text);
	assert_string_equal(text, "db api cache web rare");
	free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(volumes),
		cmocka_unit_test(health),
		cmocka_unit_test(restart),
		cmocka_unit_test(order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
