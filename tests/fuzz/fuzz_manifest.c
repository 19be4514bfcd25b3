/*
 * fuzz_manifest.c - any bytes as index, manifest and config of an image.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "image/document/image_config.h"
#include "image/document/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct platform want = {(char *)"linux", (char *)"arm", (char *)"v7"};
	cleanup_index struct image_index index = {0};
	cleanup_manifest struct manifest m = {0};
	cleanup_config struct image_config c = {0};
	const char *text = (const char *)data;
	enum document kind;
	struct err e;

	document_kind(text, size, MEDIA_OCI_INDEX, &kind, &e);
	if (image_index_parse(text, size, &index, &e) == 0)
		for (size_t i = 0; i < index.n; i++)
			if (platform_fitness(&index.v[i].platform, &want) > 1000)
				abort();
	if (manifest_parse(text, size, &m, &e) == 0) {
		manifest_is_image(&m, &e);
		free(manifest_format(&m));
		for (size_t i = 0; i < m.n_layers; i++)
			if (!digest_valid_hex(m.layers[i].digest.hex))
				abort();
	}
	config_parse(text, size, &c, &e);
	return 0;
}
