/*
 * test_image_names.c - digests, references, platforms, and the documents of an image.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "image/document/image_config.h"
#include "image/document/manifest.h"
#include "image/name/hash.h"
#include "image/name/reference.h"
#include "image/name/registry_name.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void digests(void **state)
{
	static const char *const bad[] = {"",
					  "sha256:",
					  "sha256:0",
					  ZEROS,
					  "sha512:" ZEROS,
					  "sha256:" ZEROS "0",
					  "sha256:../../../../../../etc/passwd",
					  "sha256:A" ZEROS,
					  " sha256:" ZEROS};
	struct digest d;
	struct err e;

	(void)state;
	assert_int_equal(digest_parse("sha256:" ZEROS, &d, &e), 0);
	assert_string_equal(digest_text(&d).s, "sha256:" ZEROS);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(digest_parse(bad[i], &d, &e), -ERR_USAGE);
	/* FIPS 180-4's example */
	hash_bytes("abc", 3, &d);
	assert_string_equal(d.hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void good_references(void **state)
{
	static const struct {
		const char *text, *whole, *shown;
	} good[] = {
		{"debian", "docker.io/library/debian:latest", "debian:latest"},
		{"debian:bookworm", "docker.io/library/debian:bookworm", "debian:bookworm"},
		{"me/app", "docker.io/me/app:latest", "me/app:latest"},
		{"index.docker.io/x", "docker.io/library/x:latest", "x:latest"},
		{"localhost/x", "localhost/x:latest", "localhost/x:latest"},
		{"localhost:5000/x:1", "localhost:5000/x:1", "localhost:5000/x:1"},
		{"[::1]:5000/x:1", "[::1]:5000/x:1", "[::1]:5000/x:1"},
		{"ghcr.io/a/b/c_d__e--f.g:V1.2-x", "ghcr.io/a/b/c_d__e--f.g:V1.2-x",
		 "ghcr.io/a/b/c_d__e--f.g:V1.2-x"},
		{"Reg/x", "Reg/x:latest", "Reg/x:latest"},
		/*
		 * A name that would mean something else without its registry, or library/, keeps
		 * it.
		 */
		{"docker.io/a.b/c", "docker.io/a.b/c:latest", "docker.io/a.b/c:latest"},
		{"docker.io/localhost/c", "docker.io/localhost/c:latest",
		 "docker.io/localhost/c:latest"},
		{"library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cleanup_reference struct reference ref = {0};
		cleanup_free char *name = NULL, *shown = NULL, *file = NULL, *back = NULL;
		struct err e;

		assert_int_equal(reference_parse(good[i].text, "docker.io", &ref, &e), 0);
		name = reference_name(&ref);
		shown = reference_short(name, "docker.io");
		file = reference_to_file(name);
		back = reference_from_file(file);
		assert_string_equal(name, good[i].whole);
		assert_string_equal(shown, good[i].shown);
		assert_null(strchr(file, '/'));
		assert_string_equal(back, name);
	}
}

static void bad_references(void **state)
{
	static const char *const bad[] = {
		"",	    "/",      "a//b",	"a/",	   "/a",	 "A",	"a:",
		"a:b:c",    "..",     "../a",	"a/../b",  "a b",	 "a@x", "-a",
		"a-",	    "a..b",   "a___b",	"a:-x",	   ZEROS,	 "a\n", "a.b:99999999/x",
		"h_st.x/a", "[::1/a", "-h.x/a", "x.y:p/a", "a:\xc3\xa4",
	};
	char longest[400] = "a";
	struct reference none;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup_reference struct reference ref = {0};

		if (reference_parse(bad[i], "docker.io", &ref, &e) != -ERR_USAGE)
			fail_msg("'%s' was taken", bad[i]);
	}
	memset(longest, 'a', 300);
	assert_int_equal(reference_parse(longest, "docker.io", &none, &e), -ERR_USAGE);
	assert_int_equal(reference_parse("a@sha256:" ZEROS "0", "docker.io", &none, &e),
			 -ERR_USAGE);
}

static void with_digest(void **state)
{
	cleanup_reference struct reference ref = {0};
	cleanup_free char *text = NULL;
	struct err e;

	(void)state;
	assert_int_equal(reference_parse("a@sha256:" ZEROS, "r.io", &ref, &e), 0);
	assert_null(ref.tag);
	assert_null(reference_name(&ref));
	text = reference_text(&ref);
	assert_string_equal(text, "r.io/a@sha256:" ZEROS);
}

static int kind_of(const char *text, const char *announced, enum document *ret)
{
	struct err e;

	return document_kind(text, strlen(text), announced, ret, &e);
}

static void kinds(void **state)
{
	enum document kind;

	(void)state;
	assert_int_equal(kind_of("{\"layers\":[]}", NULL, &kind), 0);
	assert_int_equal(kind, DOCUMENT_MANIFEST);
	assert_int_equal(kind_of("{\"manifests\":[]}", MEDIA_DOCKER_LIST, &kind), 0);
	assert_int_equal(kind, DOCUMENT_INDEX);
	assert_int_equal(kind_of("{\"manifests\":[],\"layers\":[]}", NULL, &kind), -EBADMSG);
	assert_int_equal(kind_of("{\"manifests\":[]}", MEDIA_OCI_MANIFEST, &kind), -EBADMSG);
	assert_int_equal(
		kind_of("{\"layers\":[],\"mediaType\":\"" MEDIA_OCI_INDEX "\"}", NULL, &kind),
		-EBADMSG);
	assert_int_equal(kind_of("{\"schemaVersion\":1,\"fsLayers\":[]}", NULL, &kind), -ENOTSUP);
	assert_int_equal(kind_of("[]", NULL, &kind), -EBADMSG);
	assert_int_equal(kind_of("{\"layers\":[],\"layers\":[]}", NULL, &kind), 0);
	assert_int_equal(kind_of("{\"layers\":[],\"MANIFESTS\":[]}", NULL, &kind), -EBADMSG);
	assert_int_equal(
		kind_of("{\"manifests\":[]}", "Application/VND.oci.image.index.v1+JSON", &kind), 0);
	assert_int_equal(kind_of("", NULL, &kind), -EBADMSG);
}

#define DESCRIPTOR(size) \
	"{\"mediaType\":\"" MEDIA_OCI_LAYER "\",\"digest\":\"sha256:" ZEROS "\",\"size\":" size "}"

static int parse_layers(const char *layers, struct manifest *ret)
{
	cleanup_free char *text = xasprintf("{\"config\":" DESCRIPTOR("1") ",\"layers\":[%s]}",
					    layers);
	struct err e;

	return manifest_parse(text, strlen(text), ret, &e);
}

static void manifests(void **state)
{
	static const char *const bad[] = {
		DESCRIPTOR("-1"),
		DESCRIPTOR("1099511627777"),
		DESCRIPTOR("1.5"),
		DESCRIPTOR("\"1\""),
		"{}",
		"null",
		"{\"mediaType\":\"x\",\"digest\":\"sha256:../x\",\"size\":1}"};
	cleanup_manifest struct manifest m = {0};
	cleanup_free char *text = NULL;

	(void)state;
	assert_int_equal(parse_layers(DESCRIPTOR("5") "," DESCRIPTOR("6"), &m), 0);
	assert_int_equal(m.n_layers, 2);
	assert_int_equal(m.layers[1].size, 6);
	text = manifest_format(&m);
	assert_non_null(strstr(text, "\"size\":6"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup_manifest struct manifest none = {0};

		assert_int_equal(parse_layers(bad[i], &none), -EBADMSG);
	}
}

static void configs(void **state)
{
	static const char text[] =
		"{\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{\"type\":\"layers\","
		"\"diff_ids\":[\"sha256:" ZEROS "\"]},\"config\":{\"Env\":[\"A=b\",\"=x\",\"c\"],"
		"\"Entrypoint\":null,\"Cmd\":\"one\",\"Volumes\":{\"/v\":{}},\"Labels\":null}}";
	static const char *const bad[] = {"{}", "{\"rootfs\":{\"diff_ids\":[1]}}",
					  "{\"rootfs\":{\"diff_ids\":[\"x\"]}}",
					  "{\"rootfs\":{\"diff_ids\":[]},\"config\":{\"Env\":{}}}",
					  "{\"rootfs\":{\"diff_ids\":[]},\"config\":{\"User\":5}}"};
	cleanup_config struct image_config c = {0};
	struct err e;

	(void)state;
	assert_int_equal(config_parse(text, strlen(text), &c, &e), 0);
	assert_int_equal(c.n_layers, 1);
	assert_int_equal(c.env.n, 1);
	assert_string_equal(c.env.v[0], "A=b");
	assert_int_equal(c.entrypoint.n, 0);
	assert_string_equal(c.cmd.v[0], "one");
	assert_string_equal(c.volumes.v[0], "/v");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup_config struct image_config none = {0};

		assert_int_equal(config_parse(bad[i], strlen(bad[i]), &none, &e), -EBADMSG);
	}
}

/* Fields that no session needs: read as Go does, or dropped with a note. */
static void lenient_configs(void **state)
{
	static const char start[] = "{\"ROOTFS\":{\"diff_ids\":[\"sha256:" ZEROS "\"]},";
	static const struct {
		const char *rest;
		size_t labels, notes;
	} good[] = {
		{"\"config\":{\"Labels\":{\"a\":null,\"b\":\"\\u0000\"}}}", 2, 0},
		{"\"config\":{\"Labels\":{\"a\":\"\\ud800\",\"b\":\"\xff\",\"c\":\"\xc3\xa4\"}}}",
		 3, 0},
		{"\"config\":{\"Labels\":{\"a\":1,\"b\":\"\"}}}", 1, 1},
		{"\"config\":{\"Labels\":[],\"Volumes\":[],\"ExposedPorts\":1,\"StopSignal\":9}}",
		 0, 4},
		{"\"created\":5,\"author\":[],\"history\":{}}", 0, 3},
		{"\"n\":99999999999999999999,\"m\":-1e999,\"config\":{\"labels\":{\"a\":\"b\"}}}",
		 1, 0},
		{"\"config\":{\"Labels\":{\"x\":\"y\"},\"labels\":null}}", 1, 0},
		{"\"config\":{\"User\":\"a\",\"User\":\"b\",\"Env\":[null,\"A=b\"],\"Cmd\":[null]}"
		 "}",
		 0, 0},
	};
	cleanup_buf struct buf many = BUF_INIT;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cleanup_config struct image_config c = {0};
		cleanup_free char *text = xasprintf("%s%s", start, good[i].rest);

		if (config_parse(text, strlen(text), &c, &e) < 0)
			fail_msg("%s: %s", text, e.msg);
		assert_int_equal(c.label_keys.n, good[i].labels);
		assert_int_equal(c.notes.n, good[i].notes);
		if (c.user)
			assert_string_equal(c.user, "b");
	}
	buf_addf(&many, "%s\"config\":{\"Labels\":{\"l\":\"\"", start);
	for (int i = 0; i < 5000; i++)
		buf_addf(&many, ",\"l%d\":\"v\"", i);
	buf_addstr(&many, "}}}");
	{
		cleanup_config struct image_config c = {0};

		assert_int_equal(config_parse(many.data, many.len, &c, &e), 0);
		assert_int_equal(c.label_keys.n, 5001);
	}
}

static void platforms(void **state)
{
	static const struct {
		const char *have, *want;
		long fits;
	} cases[] = {
		{"linux/arm/v7", "linux/arm/v7", 1000},
		{"linux/arm/v6", "linux/arm/v7", 999},
		{"linux/arm/v7", "linux/arm/v6", 0},
		{"linux/arm", "linux/arm/v7", 1000},
		{"linux/arm64", "linux/arm64/v8", 1000},
		{"linux/arm/v7", "linux/arm/v8", 999},
		{"linux/x86_64", "linux/amd64", 1000},
		{"linux/aarch64", "linux/arm64/v8", 1000},
		{"windows/amd64", "linux/amd64", 0},
		{"linux/arm/5", "linux/arm/v6", 999},
		{"linux/arm/odd", "linux/arm/odd", 1000},
		{"linux/arm/odd", "linux/arm", 0},
		{"linux/arm/v9223372036854775807", "linux/arm/v6", 0},
		{"linux/arm/v-9223372036854775808", "linux/arm/v6", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_platform struct platform have = {0}, want = {0};
		struct err e;

		assert_int_equal(platform_parse(cases[i].have, &have, &e), 0);
		assert_int_equal(platform_parse(cases[i].want, &want, &e), 0);
		assert_int_equal(platform_fitness(&have, &want), cases[i].fits);
	}
}

static void registry_names(void **state)
{
	static const struct {
		const char *text, *host, *path;
		bool url;
	} cases[] = {
		{"R.Example:5000", "r.example:5000", NULL, false},
		{" https://r.example:443/v2/ ", "r.example", NULL, true},
		{"http://r.example:80/", "r.example", NULL, true},
		{"http://r.example:443", "r.example:443", NULL, true},
		{"r.example/v1/team//", "r.example", "team", false},
		{"r.example/v2x/team", "r.example", "v2x/team", false},
		{"https://registry-1.docker.io", "docker.io", NULL, true},
		{"[::1]:443", "[::1]", NULL, false},
		{"", "", NULL, false},
		{"https://", "", NULL, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_registry_name struct registry_name n;

		registry_name_parse(cases[i].text, &n);
		assert_string_equal(n.host, cases[i].host);
		assert_int_equal(n.url, cases[i].url);
		if (cases[i].path)
			assert_string_equal(n.path, cases[i].path);
		else
			assert_null(n.path);
	}
	assert_false(registry_name_same("", "https://"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests),	  cmocka_unit_test(good_references),
		cmocka_unit_test(bad_references), cmocka_unit_test(with_digest),
		cmocka_unit_test(kinds),	  cmocka_unit_test(manifests),
		cmocka_unit_test(configs),	  cmocka_unit_test(lenient_configs),
		cmocka_unit_test(platforms),	  cmocka_unit_test(registry_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
