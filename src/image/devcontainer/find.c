/*
 * find.c - see find.h.
 */
#include "image/devcontainer/find.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/path.h"
#include "build/inside.h"
#include "config/value.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The directories in .devcontainer that have a devcontainer.json, sorted. */
static int list_names(struct resolution *r, const char *folder, struct strv *out, struct err *e)
{
	cleanup_dir struct dir d = {0};
	cleanup_close int fd = -1;
	int n = resolution_look(r, folder)
			? inside_open(r->project, folder, O_RDONLY | O_DIRECTORY, &fd, e)
			: -ENOENT;

	if (n == -ENOENT || n == -ENOTDIR)
		return 0;
	if (n == 0)
		n = dir_open(&d, fd, ".", e);
	while (n >= 0 && (n = dir_next(&d, e)) > 0) {
		cleanup_free char *file = xasprintf("%s/%s/devcontainer.json", folder, d.name);

		if (d.name[0] != '.' && resolution_look(r, file))
			strv_push(out, d.name);
	}
	if (n == 0 && out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_name);
	return n;
}

/* Of several, the one that was chosen last; the caller frees it. "" if none was. */
static char *chosen(struct resolution *r)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct err ignored;

	if (resolution_read(r, r->choice, NAME_MAX + 1 + PATH_MAX, &text, &ignored) < 0)
		return xstrdup("");
	return xstrndup(text.data, strcspn(text.data, "\n"));
}

/* Not being able to remember it is no error. */
static void remember(struct resolution *r, const char *name)
{
	cleanup_free char *text = xasprintf("%s\n%s", name, r->project);
	struct err ignored;

	if (!file_holds(AT_FDCWD, r->choice, text, strlen(text)))
		file_write_passing(AT_FDCWD, r->choice, text, strlen(text), 0600, &ignored);
	/* Another choice makes this resolution old. */
	resolution_look(r, r->choice);
}

/* config is not empty. */
static int use(struct resolution *r, const struct strv *names, const char *config,
	       const char *folder, char **ret, struct err *e)
{
	cleanup_free char *all = strv_join(names, ", ");

	if (!strv_has(names, config))
		return err_set(e, ERR_USAGE, "there is no devcontainer.json named '%s'%s%s", config,
			       names->n ? ", only: " : "", all);
	if (names->n > 1)
		remember(r, config);
	*ret = xasprintf("%s/%s/devcontainer.json", folder, config);
	return 0;
}

static int choose(struct resolution *r, const struct strv *names, const char *config,
		  const char *folder, char **ret, struct err *e)
{
	cleanup_free char *last = NULL, *all = NULL;

	if (*config)
		return use(r, names, config, folder, ret, e);
	if (!names->n)
		return 0;
	last = names->n == 1 ? xstrdup(names->v[0]) : chosen(r);
	if (strv_has(names, last))
		return use(r, names, last, folder, ret, e);
	all = strv_join(names, ", ");
	return err_set(e, ERR_USAGE,
		       "there are several devcontainer.json: %s; choose one by --config NAME, or "
		       "by 'devcontainer = NAME' in sandbox.ini",
		       all);
}

bool find_is_dockerfile(const char *path)
{
	const char *name = path_basename(path);

	return !streq(name, "devcontainer.json") && !streq(name, ".devcontainer.json");
}

/* The file that config names, unless that is one of the names in .devcontainer. */
static char *dockerfile(struct resolution *r, const struct strv *names, const char *config)
{
	cleanup_free char *path = path_normalize(r->project, config), *real = NULL;
	struct stat st;

	if (!*config || strv_has(names, config) || !resolution_look(r, path))
		return NULL;
	real = realpath(path, NULL);
	return real && path_is_beneath(real, r->project) && stat(real, &st) == 0 &&
			       S_ISREG(st.st_mode) && find_is_dockerfile(real)
		       ? take_ptr(real)
		       : NULL;
}

int find_devcontainer(struct resolution *r, const char *config, char **ret, struct err *e)
{
	static const char *const usual[] = {".devcontainer/devcontainer.json",
					    ".devcontainer.json"};
	cleanup_free char *folder = path_join(r->project, ".devcontainer"), *found = NULL;
	cleanup_strv struct strv names = {0};
	bool any;
	int n;

	config = value_bool(config, &any) ? "" : config;
	for (size_t i = 0; !*config && i < ARRAY_SIZE(usual); i++) {
		cleanup_free char *path = path_join(r->project, usual[i]);

		if (resolution_look(r, path)) {
			*ret = take_ptr(path);
			return 0;
		}
	}
	n = list_names(r, folder, &names, e);
	if (n == 0 && (found = dockerfile(r, &names, config))) {
		*ret = take_ptr(found);
		return 0;
	}
	if (n == 0)
		n = choose(r, &names, config, folder, &found, e);
	if (n == 0)
		*ret = take_ptr(found);
	return n;
}
