/*
 * feature_document.c - see feature_document.h.
 */
#include "image/feature/feature_document.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/env.h"
#include "config/value.h"
#include "image/document/json_read.h"
#include "image/document/jsonc.h"
#include "image/feature/feature.h"

#define OPTIONS_MAX 1000

static int check_type(const json_t *doc, const char *key, json_type type, struct err *e)
{
	json_t *ignored = NULL;

	return json_get(doc, key, type, &ignored, e);
}

static int check_object(const json_t *doc, const char *key, size_t max, struct err *e)
{
	json_t *object = NULL;
	int r = json_get(doc, key, JSON_OBJECT, &object, e);

	if (r == 0 && json_object_size(object) > max)
		r = err_set(e, EBADMSG, "it has more than %zu %s", max, key);
	return r;
}

/* An option is an object; its default is a string or a boolean. */
static int check_options(const json_t *doc, struct err *e)
{
	json_t *options = json_object_get(doc, "options");
	int r = check_object(doc, "options", OPTIONS_MAX, e);

	for (void *it = json_object_iter(options); r == 0 && it;
	     it = json_object_iter_next(options, it)) {
		const json_t *option = json_object_iter_value(it);
		const json_t *preset = json_object_get(option, "default");

		if (!json_is_object(option) || json_is_object(preset) || json_is_array(preset))
			r = err_set(e, EBADMSG, "its option '%s' is not one of a feature",
				    json_object_iter_key(it));
	}
	return r;
}

/* Its variables go into the config of an image, as those of ENV. */
static int check_env(const json_t *doc, struct err *e)
{
	json_t *env = json_object_get(doc, "containerEnv");
	int r = check_object(doc, "containerEnv", OPTIONS_MAX, e);

	for (void *it = json_object_iter(env); r == 0 && it; it = json_object_iter_next(env, it)) {
		const char *value = json_string_value(json_object_iter_value(it));

		if (!value || !value_env_name(json_object_iter_key(it)) || strchr(value, '\n'))
			r = err_set(e, EBADMSG, "containerEnv.%s is not a variable",
				    json_object_iter_key(it));
	}
	return r;
}

int feature_document_read(const char *text, size_t len, const char *what, json_t **ret,
			  struct err *e)
{
	cleanup_buf struct buf plain = BUF_INIT;
	cleanup_strv struct strv after = {0};
	cleanup_json json_t *doc = NULL;
	cleanup_free char *id = NULL;
	int r;

	jsonc_strip(text, len, &plain);
	r = json_read(plain.data, plain.len, FEATURE_DOCUMENT, &doc, e);
	if (r == 0)
		r = json_get_text(doc, "id", &id, e);
	if (r == 0 && !id)
		r = err_set(e, EBADMSG, "it has no id");
	if (r == 0)
		r = check_type(doc, "version", JSON_STRING, e);
	if (r == 0)
		r = check_options(doc, e);
	if (r == 0)
		r = check_env(doc, e);
	if (r == 0)
		r = check_object(doc, "dependsOn", FEATURE_MAX, e);
	if (r == 0)
		r = json_get_list(doc, "installsAfter", FEATURE_MAX, &after, e);
	if (r < 0)
		return err_add(e, "cannot use the " FEATURE_DOCUMENT " of the feature '%s'", what);
	*ret = take_ptr(doc);
	return 0;
}

void feature_document_aliases(const json_t *doc, struct strv *out)
{
	static const char *const keys[] = {"currentId", "id"};
	const json_t *old = json_object_get(doc, "legacyIds");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *id = json_string_value(json_object_get(doc, keys[i]));

		if (id && !strv_has(out, id))
			strv_push(out, id);
	}
	for (size_t i = 0; i < json_array_size(old) && i < FEATURE_MAX; i++) {
		const char *id = json_string_value(json_array_get(old, i));

		if (id && !strv_has(out, id))
			strv_push(out, id);
	}
}

/* Other characters than those of a variable's name become one of them, as in the specification. */
static char *variable_name(const char *option)
{
	size_t skip = strspn(option, "0123456789_");
	char *name = xasprintf("%s%s", skip ? "_" : "", option + skip);

	for (char *c = name; *c; c++)
		*c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
	return name;
}

static char *text_of(const json_t *value)
{
	if (json_is_string(value))
		return xstrdup(json_string_value(value));
	if (json_is_integer(value))
		return xasprintf("%lld", (long long)json_integer_value(value));
	if (json_is_real(value))
		return xasprintf("%g", json_real_value(value));
	if (json_is_boolean(value))
		return xstrdup(json_is_true(value) ? "true" : "false");
	return NULL;
}

static void add_option(const char *option, const json_t *value, struct strv *out)
{
	cleanup_free char *name = variable_name(option), *text = text_of(value);

	if (text)
		env_set(out, name, text);
}

void feature_document_options(const json_t *doc, const json_t *given, struct strv *out,
			      struct strv *unknown)
{
	json_t *options = json_object_get(doc, "options"), *set = (json_t *)given;

	for (void *it = json_object_iter(options); it; it = json_object_iter_next(options, it))
		add_option(json_object_iter_key(it),
			   json_object_get(json_object_iter_value(it), "default"), out);
	for (void *it = json_object_iter(set); it; it = json_object_iter_next(set, it)) {
		add_option(json_object_iter_key(it), json_object_iter_value(it), out);
		if (!json_object_get(options, json_object_iter_key(it)))
			strv_push(unknown, json_object_iter_key(it));
	}
}

json_t *feature_document_label(const json_t *doc, const char *id)
{
	/* Its containerEnv is a part of the image's own. */
	static const char *const keys[] = {"init",
					   "privileged",
					   "capAdd",
					   "securityOpt",
					   "entrypoint",
					   "mounts",
					   "customizations",
					   "onCreateCommand",
					   "updateContentCommand",
					   "postCreateCommand",
					   "postStartCommand",
					   "postAttachCommand"};
	json_t *label = json_object();

	json_object_set_new(label, "id", json_string(id));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (json_object_get(doc, keys[i]))
			json_object_set(label, keys[i], json_object_get(doc, keys[i]));
	return label;
}
