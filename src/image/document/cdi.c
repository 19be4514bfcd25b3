/*
 * cdi.c - from the text of a CDI specification to edits.
 *
 * Refuses anything that differs in form from the specification. Hooks are programs to be run as
 * root, and are never run: the links of NVIDIA's create-symlinks are taken from it, others are
 * noted.
 */
#include "image/document/cdi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "image/document/yaml_read.h"

struct reader {
	struct yaml_reader y;
	struct cdi_spec *spec;
	size_t device;
};

void cdi_clear(struct cdi_spec *spec)
{
	for (size_t i = 0; i < spec->n; i++) {
		free(spec->v[i].host);
		free(spec->v[i].path);
	}
	free(spec->v);
	free(spec->kind);
	strv_clear(&spec->devices);
	*spec = (struct cdi_spec){0};
}

bool cdi_is_gpu(const char *kind)
{
	return ends_with(kind, "/gpu") && !starts_with(kind, "management.");
}

/* Calls each() for the items of a list member. */
static int each_item(struct reader *r, const yaml_node_t *map, const char *key,
		     int (*each)(struct reader *r, const yaml_node_t *item))
{
	yaml_node_t *list = NULL, *item = NULL;
	int result = yaml_member(&r->y, map, key, YAML_SEQUENCE_NODE, &list);

	for (size_t i = 0; result == 0; i++) {
		result = yaml_item(&r->y, list, i, &item);
		if (result < 0 || !item)
			break;
		result = each(r, item);
	}
	return result;
}

/* Takes ownership of host and path. */
static int add(struct reader *r, const yaml_node_t *at, enum cdi_what what, char *host, char *path,
	       bool read_only)
{
	struct cdi_spec *s = r->spec;

	if (s->n == CDI_EDITS_MAX) {
		free(host);
		free(path);
		return yaml_bad(&r->y, at, "there is too much in it", "");
	}
	if (!(s->n & (s->n - 1)))
		s->v = xrealloc(s->v, s->n ? 2 * s->n : 1, sizeof(*s->v));
	s->v[s->n++] = (struct cdi_edit){.what = what,
					 .host = host,
					 .path = path,
					 .read_only = read_only,
					 .device = r->device};
	return 0;
}

static int add_note(struct reader *r, const yaml_node_t *at, const char *what, const char *text)
{
	cleanup_free char *note = xasprintf("%s:%zu: passed over: %s '%s'", r->y.name,
					    yaml_line(at), what, text);

	return add(r, at, CDI_NOTE, err_quote_all(note), NULL, false);
}

static bool has_dotdot(const char *path)
{
	for (const char *s = path; (s = strstr(s, "..")); s += 2)
		if ((s == path || s[-1] == '/') && (!s[2] || s[2] == '/'))
			return true;
	return false;
}

/* *ret is path, normalized, beneath a directory; the caller frees it. */
static int check_path(struct reader *r, const yaml_node_t *at, const char *path,
		      const char *beneath, char **ret)
{
	cleanup_free char *normal = path_normalize("/", path);

	if (*path != '/' || has_dotdot(path))
		return yaml_bad(&r->y, at, "expected an absolute path without '..', not", path);
	if (!path_is_beneath(normal, beneath) || streq(normal, beneath))
		return yaml_bad(&r->y, at, "this path cannot be lent:", path);
	*ret = take_ptr(normal);
	return 0;
}

static int read_node(struct reader *r, const yaml_node_t *n)
{
	cleanup_free char *path = NULL, *host = NULL;
	const char *inside = NULL, *outside = NULL;

	if (yaml_member_text(&r->y, n, "path", true, &inside) < 0 ||
	    yaml_member_text(&r->y, n, "hostPath", false, &outside) < 0 ||
	    check_path(r, n, inside, "/dev", &path) < 0 ||
	    check_path(r, n, outside && *outside ? outside : inside, "/dev", &host) < 0)
		return -EBADMSG;
	return add(r, n, CDI_NODE, take_ptr(host), take_ptr(path), false);
}

static int is_read_only(struct reader *r, const yaml_node_t *mount, bool *ret)
{
	yaml_node_t *list = NULL, *item = NULL;
	const char *option = NULL;

	if (yaml_member(&r->y, mount, "options", YAML_SEQUENCE_NODE, &list) < 0)
		return -EBADMSG;
	for (size_t i = 0;; i++) {
		if (yaml_item(&r->y, list, i, &item) < 0)
			return -EBADMSG;
		if (!item)
			return 0;
		if (yaml_text(&r->y, item, &option) < 0)
			return -EBADMSG;
		if (streq(option, "ro") || streq(option, "rw"))
			*ret = streq(option, "ro");
	}
}

/* A box has its own files there. */
static bool is_own(const char *path)
{
	return path_is_beneath(path, "/proc") || path_is_beneath(path, "/sys") ||
	       path_is_beneath(path, "/dev");
}

static int read_mount(struct reader *r, const yaml_node_t *n)
{
	const char *outside = NULL, *inside = NULL, *type = NULL;
	cleanup_free char *host = NULL, *path = NULL;
	bool read_only = false;

	if (yaml_member_text(&r->y, n, "hostPath", true, &outside) < 0 ||
	    yaml_member_text(&r->y, n, "containerPath", true, &inside) < 0 ||
	    yaml_member_text(&r->y, n, "type", false, &type) < 0 ||
	    is_read_only(r, n, &read_only) < 0)
		return -EBADMSG;
	if (type && *type && !streq(type, "bind") && !streq(type, "none"))
		return add_note(r, n, "a mount of the type", type);
	if (check_path(r, n, outside, "/", &host) < 0 || check_path(r, n, inside, "/", &path) < 0)
		return -EBADMSG;
	if (is_own(path))
		return add_note(r, n, "a mount on", path);
	return add(r, n, CDI_MOUNT, take_ptr(host), take_ptr(path), read_only);
}

static int read_env(struct reader *r, const yaml_node_t *n)
{
	const char *text = NULL;

	if (yaml_text(&r->y, n, &text) < 0)
		return -EBADMSG;
	if (!strchr(text, '=') || *text == '=')
		return yaml_bad(&r->y, n, "expected NAME=VALUE, not", text);
	return add(r, n, CDI_ENV, xstrdup(text), NULL, false);
}

/* TARGET::LINK */
static int add_link(struct reader *r, const yaml_node_t *at, const char *word)
{
	const char *colons = strstr(word, "::");
	cleanup_free char *path = NULL;

	if (!colons || colons == word)
		return yaml_bad(&r->y, at, "expected TARGET::LINK, not", word);
	if (check_path(r, at, colons + 2, "/", &path) < 0)
		return -EBADMSG;
	if (is_own(path))
		return add_note(r, at, "a link at", path);
	return add(r, at, CDI_LINK, xstrndup(word, (size_t)(colons - word)), take_ptr(path), true);
}

/* Hooks that make library names, which we do differently, or what a box has anyway. */
static bool is_needless(const char *word)
{
	static const char *const hooks[] = {
		"create-symlinks", "update-ldcache",	 "create-soname-symlinks",
		"chmod",	   "enable-cuda-compat", "disable-device-node-modification"};

	return is_among(word, hooks, ARRAY_SIZE(hooks));
}

/* "nvidia-cdi-hook NAME ARGUMENTS" or "nvidia-ctk hook NAME ARGUMENTS". */
struct hook {
	const char *name;
	bool link; /* the next argument is a link */
};

static int read_argument(struct reader *r, const yaml_node_t *n, size_t i, struct hook *hook)
{
	const char *word = NULL;

	if (yaml_text(&r->y, n, &word) < 0)
		return -EBADMSG;
	if (!hook->name) {
		if (i > 0 && !streq(word, "hook"))
			hook->name = word;
		return 0;
	}
	if (!streq(hook->name, "create-symlinks"))
		return 0;
	if (hook->link || starts_with(word, "--link=")) {
		word += hook->link ? 0 : strlen("--link=");
		hook->link = false;
		return add_link(r, n, word);
	}
	hook->link = streq(word, "--link");
	return 0;
}

static int read_hook(struct reader *r, const yaml_node_t *n)
{
	yaml_node_t *args = NULL, *item = NULL;
	struct hook hook = {0};
	const char *path = NULL;
	bool known;

	if (yaml_member_text(&r->y, n, "path", true, &path) < 0 ||
	    yaml_member(&r->y, n, "args", YAML_SEQUENCE_NODE, &args) < 0)
		return -EBADMSG;
	known = starts_with(path_basename(path), "nvidia-");
	for (size_t i = 0; known; i++) {
		if (yaml_item(&r->y, args, i, &item) < 0)
			return -EBADMSG;
		if (!item)
			break;
		if (read_argument(r, item, i, &hook) < 0)
			return -EBADMSG;
	}
	return known && hook.name && is_needless(hook.name) ? 0 : add_note(r, n, "the hook", path);
}

static int read_edits(struct reader *r, const yaml_node_t *of)
{
	yaml_node_t *edits = NULL, *other = NULL;

	if (yaml_member(&r->y, of, "containerEdits", YAML_MAPPING_NODE, &edits) < 0)
		return -EBADMSG;
	if (!edits)
		return 0;
	if (each_item(r, edits, "env", read_env) < 0 ||
	    each_item(r, edits, "deviceNodes", read_node) < 0 ||
	    each_item(r, edits, "mounts", read_mount) < 0 ||
	    each_item(r, edits, "hooks", read_hook) < 0 ||
	    yaml_member(&r->y, edits, "netDevices", YAML_SEQUENCE_NODE, &other) < 0)
		return -EBADMSG;
	return other ? add_note(r, other, "members", "netDevices") : 0;
}

static int read_device(struct reader *r, const yaml_node_t *n)
{
	const char *name = NULL;

	if (yaml_member_text(&r->y, n, "name", true, &name) < 0)
		return -EBADMSG;
	if (!*name)
		return yaml_bad(&r->y, n, "a device without a name", "");
	if (strv_has(&r->spec->devices, name))
		return yaml_bad(&r->y, n, "a second device with the name", name);
	if (r->spec->devices.n == CDI_EDITS_MAX)
		return yaml_bad(&r->y, n, "there is too much in it", "");
	r->device = r->spec->devices.n;
	strv_push(&r->spec->devices, name);
	return read_edits(r, n);
}

/* 0.3 is the first with these names; 1.x does not change their meaning. */
static bool is_version(const char *version)
{
	char *end;
	unsigned long major = strtoul(version, &end, 10);

	if (end == version || *end != '.')
		return false;
	return major == 1 || (major == 0 && strtoul(end + 1, NULL, 10) >= 3);
}

static int read_spec(struct reader *r)
{
	yaml_node_t *root = yaml_document_get_root_node(&r->y.doc);
	const char *version = NULL, *kind = NULL;

	if (yaml_member_text(&r->y, root, "cdiVersion", true, &version) < 0 ||
	    yaml_member_text(&r->y, root, "kind", true, &kind) < 0)
		return -EBADMSG;
	if (!strchr(kind, '/') || *kind == '/')
		return yaml_bad(&r->y, root, "expected VENDOR/CLASS for 'kind', not", kind);
	r->spec->kind = xstrdup(kind);
	if (!cdi_is_gpu(kind))
		return 0;
	if (!is_version(version))
		return yaml_bad(&r->y, root, "expected cdiVersion 0.3 to 1, not", version);
	if (each_item(r, root, "devices", read_device) < 0)
		return -EBADMSG;
	if (!r->spec->devices.n)
		return yaml_bad(&r->y, root, "there are no devices in it", "");
	r->device = r->spec->devices.n;
	return read_edits(r, root);
}

int cdi_parse(const char *text, size_t len, const char *name, struct cdi_spec *spec, struct err *e)
{
	struct reader r = {.spec = spec};
	int result = yaml_read(text, len, name, &r.y, e);

	if (result < 0)
		return result;
	result = read_spec(&r);
	yaml_read_end(&r.y);
	return result;
}
