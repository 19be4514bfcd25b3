/*
 * test_image_manifest.c - the documents of an image as written by other tools, and forged ones.
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
#include "image/store/layer_stack.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ID    "68f9e9e9ca7c59e871d5ceffb7a9537cd33d5e120667c0b68dc2d34ca85c2f5f"
#define LAYER "cf6ff33c2a47eebe21b8e4c08d48085dbaa8c954a490ea1bb0b3d12aea54c326"
#define DIFF  "96c4e70b26ab23b087e6fc6f8efc19be677f3f88795061f137f04fd28ab205db"

/* umoci insert */
static const char umoci_manifest[] =
	"{\"schemaVersion\":2,\"config\":{\"mediaType\":\"" MEDIA_OCI_CONFIG "\",\"digest\":"
	"\"sha256:" ID "\",\"size\":492},\"layers\":[{\"mediaType\":\"" MEDIA_OCI_LAYER_GZIP
	"\",\"digest\":\"sha256:" LAYER "\",\"size\":92}]}";

/* umoci's index.json */
static const char umoci_index[] =
	"{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"digest\":"
	"\"sha256:" LAYER "\",\"size\":344,\"annotations\":{"
	"\"org.opencontainers.image.ref.name\":\"one\"}}]}";

/* umoci config */
static const char umoci_config[] =
	"{\"created\":\"2026-11-24T11:05:22.697321479Z\",\"architecture\":\"amd64\",\"os\":"
	"\"linux\",\"config\":{\"User\":\"5:6\",\"Env\":[\"A=b\"],\"Entrypoint\":[\"/bin/sh\"],"
	"\"Volumes\":{\"/v\":{}},\"WorkingDir\":\"/w\",\"Labels\":{\"k\":\"v\"}},\"rootfs\":{"
	"\"type\":\"layers\",\"diff_ids\":[\"sha256:" DIFF "\"]},\"history\":[{\"created\":"
	"\"2026-11-24T11:05:22.708558519Z\",\"created_by\":\"umoci config\",\"empty_layer\":true},"
	"{\"created\":\"2026-11-24T11:05:22.716521926Z\",\"created_by\":\"umoci insert\"}]}";

/* skopeo copy --format v2s2 */
static const char skopeo_manifest[] = "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_DOCKER_MANIFEST
				      "\",\"config\":{\"mediaType\""
				      ":\"" MEDIA_DOCKER_CONFIG
				      "\",\"size\":492,\"digest\":\"sha256:" ID "\"},\"layers\":[{"
				      "\"mediaType\":\"" MEDIA_DOCKER_LAYER_GZ
				      "\",\"size\":92,\"digest\":\"sha256:" LAYER "\"}]}";

/* buildah manifest inspect */
static const char buildah_list[] =
	"{\n    \"schemaVersion\": 2,\n    \"mediaType\": \"" MEDIA_DOCKER_LIST "\",\n"
	"    \"manifests\": [\n        {\n            \"mediaType\": \"" MEDIA_OCI_MANIFEST "\",\n"
	"            \"size\": 344,\n            \"digest\": \"sha256:" LAYER "\",\n"
	"            \"platform\": {\n                \"architecture\": \"amd64\",\n"
	"                \"os\": \"linux\"\n            }\n        }\n    ]\n}\n";

static void of_other_tools(void **state)
{
	cleanup_manifest struct manifest oci = {0}, docker = {0};
	cleanup_index struct image_index index = {0}, list = {0};
	struct err e;

	(void)state;
	assert_int_equal(manifest_parse(umoci_manifest, strlen(umoci_manifest), &oci, &e), 0);
	assert_string_equal(oci.media_type, MEDIA_OCI_MANIFEST);
	assert_string_equal(oci.config.digest.hex, ID);
	assert_int_equal(oci.n_layers, 1);
	assert_int_equal(oci.layers[0].size, 92);
	assert_int_equal(manifest_parse(skopeo_manifest, strlen(skopeo_manifest), &docker, &e), 0);
	assert_string_equal(docker.media_type, MEDIA_DOCKER_MANIFEST);
	assert_string_equal(docker.layers[0].media_type, MEDIA_DOCKER_LAYER_GZ);
	assert_int_equal(image_index_parse(umoci_index, strlen(umoci_index), &index, &e), 0);
	assert_string_equal(index.v[0].ref_name, "one");
	assert_null(index.v[0].platform.os);
	assert_int_equal(image_index_parse(buildah_list, strlen(buildah_list), &list, &e), 0);
	assert_string_equal(list.v[0].platform.arch, "amd64");
	assert_null(list.v[0].ref_name);
}

static void config_of_umoci(void **state)
{
	cleanup_config struct image_config c = {0};
	struct err e;

	(void)state;
	assert_int_equal(config_parse(umoci_config, strlen(umoci_config), &c, &e), 0);
	assert_string_equal(c.diff_ids[0].hex, DIFF);
	assert_string_equal(c.user, "5:6");
	assert_string_equal(c.workdir, "/w");
	assert_null(c.stop_signal);
	assert_string_equal(c.entrypoint.v[0], "/bin/sh");
	assert_int_equal(c.cmd.n, 0);
	assert_string_equal(c.label_keys.v[0], "k");
	assert_string_equal(c.label_values.v[0], "v");
	assert_int_equal(c.n_history, 2);
	assert_true(c.history[0].empty_layer);
	assert_false(c.history[1].empty_layer);
}

static void written_back(void **state)
{
	cleanup_manifest struct manifest m = {0}, again = {0};
	cleanup_free char *text = NULL;
	struct err e;

	(void)state;
	assert_int_equal(manifest_parse(skopeo_manifest, strlen(skopeo_manifest), &m, &e), 0);
	text = manifest_format(&m);
	assert_int_equal(manifest_parse(text, strlen(text), &again, &e), 0);
	assert_string_equal(again.media_type, m.media_type);
	assert_true(digest_equal(&again.layers[0].digest, &m.layers[0].digest));
	assert_int_equal(again.config.size, m.config.size);
}

#define DESCRIPTOR "{\"mediaType\":\"x\",\"digest\":\"sha256:" ZEROS "\",\"size\":1}"

static void forged_manifests(void **state)
{
	static const struct {
		const char *text;
		int code;
	} bad[] = {
		/* An index to one reader, a manifest to another: CVE-2021-41190. */
		{"{\"config\":" DESCRIPTOR ",\"layers\":[],\"manifests\":[]}", EBADMSG},
		{"{\"config\":" DESCRIPTOR ",\"layers\":[],\"manifests\":null}", EBADMSG},
		{"{\"config\":" DESCRIPTOR ",\"layers\":[],\"fsLayers\":[]}", ENOTSUP},
		{"{\"mediaType\":\"text/html\",\"config\":" DESCRIPTOR ",\"layers\":[]}", EBADMSG},
		{"{\"mediaType\":5,\"config\":" DESCRIPTOR ",\"layers\":[]}", EBADMSG},
		{"{\"manifests\":[]}", EBADMSG},
		{"{\"layers\":[]}", EBADMSG},
		{"{\"config\":" DESCRIPTOR "}", EBADMSG},
		{"{\"config\":" DESCRIPTOR ",\"layers\":{}}", EBADMSG},
		{"{\"config\":" DESCRIPTOR ",\"layers\":[]} x", EBADMSG},
		{"{\"config\":" DESCRIPTOR ",\"layers\":[],\"Manifests\":[]}", EBADMSG},
		{"{\"config\":{\"digest\":\"sha256:" ZEROS
		 "\",\"size\":99999999999999999999},\"layers\":[]}",
		 EBADMSG},
		{"{\"schemaVersion\":1,\"fsLayers\":[],\"history\":[]}", ENOTSUP},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup_manifest struct manifest m = {0};
		struct err e;

		if (manifest_parse(bad[i].text, strlen(bad[i].text), &m, &e) != -bad[i].code)
			fail_msg("'%s' was taken, or refused for another reason", bad[i].text);
		assert_null(m.layers);
		assert_null(strchr(e.msg, '\n'));
	}
}

static void forged_indexes(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"manifests\":{}}",
		"{\"manifests\":[],\"layers\":[]}",
		"{\"manifests\":[],\"config\":{}}",
		"{\"manifests\":[],\"mediaType\":\"" MEDIA_OCI_MANIFEST "\"}",
		"{\"manifests\":[{}]}",
		"{\"manifests\":[" DESCRIPTOR ",null]}",
		"{\"manifests\":[{\"mediaType\":\"x\",\"size\":1,\"digest\":\"sha256:../../x\"}]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup_index struct image_index index = {0};
		struct err e;

		if (image_index_parse(bad[i], strlen(bad[i]), &index, &e) != -EBADMSG)
			fail_msg("'%s' was taken", bad[i]);
	}
}

/* n descriptors as an array under key. */
static char *many(const char *before, const char *key, size_t n)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "{%s\"%s\":[", before, key);
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s" DESCRIPTOR, i ? "," : "");
	buf_addstr(&b, "]}");
	return buf_detach(&b);
}

static void bounds(void **state)
{
	static const char config[] = "\"config\":" DESCRIPTOR ",";
	cleanup_free char *full = many(config, "layers", IMAGE_MAX_LAYERS);
	cleanup_free char *layers = many(config, "layers", IMAGE_MAX_LAYERS + 1);
	cleanup_free char *entries = many("", "manifests", MANIFEST_MAX_ENTRIES + 1);
	cleanup_free char *deep = xcalloc(1, 1000001);
	cleanup_manifest struct manifest m = {0}, none = {0};
	cleanup_index struct image_index index = {0};
	enum document kind;
	struct err e;

	(void)state;
	assert_int_equal(manifest_parse(full, strlen(full), &m, &e), 0);
	assert_int_equal(manifest_parse(layers, strlen(layers), &none, &e), -EBADMSG);
	assert_int_equal(image_index_parse(entries, strlen(entries), &index, &e), -EBADMSG);
	memset(deep, '[', 1000000);
	assert_int_equal(document_kind(deep, 1000000, NULL, &kind, &e), -EBADMSG);
}

static void as_go_reads(void **state)
{
	static const char *const good[] = {
		"{\"config\":" DESCRIPTOR ",\"config\":" DESCRIPTOR ",\"layers\":[]}",
		"{\"CONFIG\":" DESCRIPTOR ",\"Layers\":[],\"a\":\"\\u0000\"}",
		"{\"config\":" DESCRIPTOR ",\"layers\":[],\"a\":\"\xff\"}",
		"{\"config\":" DESCRIPTOR ",\"layers\":[],\"a\":99999999999999999999}",
		"{\"config\":{\"digest\":\"sha256:" ZEROS "\",\"size\":1},\"layers\":[]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cleanup_manifest struct manifest m = {0};
		struct err e;

		if (manifest_parse(good[i], strlen(good[i]), &m, &e) < 0)
			fail_msg("'%s': %s", good[i], e.msg);
	}
}

static void other_hashes(void **state)
{
	static const char text[] =
		"{\"manifests\":[{\"digest\":\"sha512:00\",\"size\":1}," DESCRIPTOR "]}";
	cleanup_index struct image_index index = {0};
	struct err e;

	(void)state;
	assert_int_equal(image_index_parse(text, strlen(text), &index, &e), 0);
	assert_int_equal(index.n, 1);
}

#define TYPED(config, layer, more)                                                           \
	"{" more "\"config\":{\"mediaType\":\"" config "\",\"digest\":\"sha256:" ZEROS       \
	"\",\"size\":1},\"layers\":[{\"mediaType\":\"" layer "\",\"digest\":\"sha256:" ZEROS \
	"\",\"size\":1}]}"

static void images_and_others(void **state)
{
	static const struct {
		const char *text, *type; /* named in the message; NULL: it is an image */
	} cases[] = {
		{TYPED(MEDIA_OCI_CONFIG, MEDIA_OCI_LAYER_GZIP, ""), NULL},
		{TYPED(MEDIA_DOCKER_CONFIG, MEDIA_DOCKER_LAYER_GZ, ""), NULL},
		{TYPED("application/octet-stream", "application/octet-stream", ""), NULL},
		{TYPED(MEDIA_OCI_CONFIG, "application/vnd.oci.image.layer.v1.TAR+xz", ""), NULL},
		{TYPED("application/vnd.cncf.helm.config.v1+json", MEDIA_OCI_LAYER_GZIP, ""),
		 "helm.config"},
		{TYPED(MEDIA_OCI_CONFIG, "application/vnd.in-toto+json", ""), "in-toto"},
		{TYPED(MEDIA_OCI_CONFIG, MEDIA_OCI_LAYER_GZIP "+encrypted", ""), "+encrypted"},
		{TYPED("application/vnd.oci.empty.v1+json", MEDIA_OCI_LAYER,
		       "\"artifactType\":\"application/x-sbom\","),
		 "'application/x-sbom'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_manifest struct manifest m = {0};
		struct err e;
		int r;

		assert_int_equal(manifest_parse(cases[i].text, strlen(cases[i].text), &m, &e), 0);
		r = manifest_is_image(&m, &e);
		assert_int_equal(r, cases[i].type ? -ENOTSUP : 0);
		if (r < 0)
			assert_non_null(strstr(e.msg, cases[i].type));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_other_tools), cmocka_unit_test(config_of_umoci),
		cmocka_unit_test(written_back),	  cmocka_unit_test(forged_manifests),
		cmocka_unit_test(forged_indexes), cmocka_unit_test(bounds),
		cmocka_unit_test(as_go_reads),	  cmocka_unit_test(images_and_others),
		cmocka_unit_test(other_hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
