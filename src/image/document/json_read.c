/*
 * json_read.c - see json_read.h.
 */
#include "image/document/json_read.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

int json_read(const char *text, size_t len, const char *what, json_t **ret, struct err *e)
{
	cleanup_buf struct buf mended = BUF_INIT;
	json_error_t why;
	json_t *j;
	char quoted[JSON_ERROR_TEXT_LENGTH * 2];

	json_mend(text, len, &mended);
	j = json_loadb(mended.data, mended.len, 0, &why);
	explicit_bzero(mended.data, mended.len);
	if (!j)
		return err_set(e, EBADMSG, "%s is not JSON: line %d: %s", what, why.line,
			       err_quote(quoted, sizeof(quoted), why.text));
	if (!json_is_object(j)) {
		json_decref(j);
		return err_set(e, EBADMSG, "%s is not a JSON object", what);
	}
	*ret = j;
	return 0;
}

json_t *json_get_any(const json_t *object, const char *key)
{
	json_t *found = NULL;

	for (void *it = json_object_iter((json_t *)object); it;
	     it = json_object_iter_next((json_t *)object, it)) {
		json_t *value = json_object_iter_value(it);

		if (!json_is_null(value) && strcasecmp(json_object_iter_key(it), key) == 0)
			found = value;
	}
	return found;
}

int json_get(const json_t *object, const char *key, json_type type, json_t **ret, struct err *e)
{
	json_t *value = json_get_any(object, key);

	if (value && json_typeof(value) != type)
		return err_set(e, EBADMSG, "its '%s' has the wrong type", key);
	*ret = value;
	return 0;
}

int json_get_text(const json_t *object, const char *key, char **ret, struct err *e)
{
	json_t *value = NULL;
	int r = json_get(object, key, JSON_STRING, &value, e);

	if (r < 0)
		return r;
	*ret = value && json_string_length(value) ? xstrdup(json_string_value(value)) : NULL;
	return 0;
}

static int add_strings(const json_t *array, const char *key, size_t max, struct strv *ret,
		       struct err *e)
{
	size_t n = json_array_size(array);

	if (n > max)
		return err_set(e, EBADMSG, "its '%s' has %zu entries; at most %zu are taken", key,
			       n, max);
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(array, i);
		const char *s = json_is_null(item) ? "" : json_string_value(item);

		if (!s)
			return err_set(e, EBADMSG, "its '%s' has an entry that is not a string",
				       key);
		strv_push(ret, s);
	}
	return 0;
}

int json_get_list(const json_t *object, const char *key, size_t max, struct strv *out,
		  struct err *e)
{
	json_t *value = json_get_any(object, key);
	int r;

	if (json_is_string(value)) {
		strv_push(out, json_string_value(value));
		return 0;
	}
	r = json_get(object, key, JSON_ARRAY, &value, e);
	return r < 0 || !value ? r : add_strings(value, key, max, out, e);
}
