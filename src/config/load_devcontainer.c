/*
 * load_devcontainer.c - a project's devcontainer.json as a layer of its settings, below sandbox.ini.
 *
 * No JSON is read here. sandbox-image resolves devcontainer.json, with all files, variables and the
 * image that it refers to, into a flat file:
 *
 *	DATA/devcontainers/<key>, lines of fields that tabs separate; \t, \n and \\ in a field
 *	devcontainer 3			the format, and what the program knew
 *	project DIR			whose it is
 *	file DEV INO SIZE MTIME CTIME PATH	a file as it was when it was read
 *	none PATH			a file that did not exist
 *	env NAME [VALUE]		a variable of the host, as it was
 *	from PATH SHA256		the devcontainer.json
 *	image NAME			its image, which is not here yet: its label is unknown
 *	build WORD			how that is built: the words of image build, in order
 *	build-service IMAGE WORD	the same for a service's
 *	set SECTION KEY WHERE LINE DIR VARIABLES VALUE
 *	note WHERE LINE TEXT		what has no effect
 *	cannot WHERE LINE TEXT		why no box can be made from it
 *	error WHERE LINE TEXT		why there are no settings
 *	end
 *
 * Promises that it is valid for exactly what is there now: each file is compared, each variable,
 * and what did not exist. Costs two system calls for a project without devcontainer.json.
 */
#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/programs.h"
#include "base/spawn.h"
#include "config/devcontainer_file.h"
#include "config/load.h"
#include "config/value.h"
#include "config/xdg.h"

#define FIELDS_MAX 8
#define KEY_LEN	   32

/* What is set above the profiles: by sandbox.ini, SANDBOX_KEY or a flag; or NULL. */
static const char *find_above(const struct loader *ld, const struct load_file *project,
			      enum schema_id id, const char *variable)
{
	const struct settings_request *req = ld->req;
	const struct schema_key *row = &schema_keys[id];
	const char *value = NULL, *set = getenv(variable);

	for (size_t i = 0; i < project->ini.n; i++)
		if (load_is_entry_of(&project->ini.v[i], id))
			value = project->ini.v[i].value;
	if (set && *set)
		value = set;
	for (size_t i = 0; i < req->overrides.n; i++) {
		const char *flag = load_override(req->overrides.v[i], row->key);

		value = flag ? flag : value;
	}
	if (req->above && setting_is(req->above, id))
		value = req->above->value;
	return value;
}

/* The flat file of a directory, with the words that change what it contains. */
static char *flat_path(const char *dir, const char *config, const char *image, char **ret_key)
{
	cleanup_free char *text = xasprintf("%s\n%s\n%s", dir, config, image);
	cleanup_free char *data = xdg_data_dir();
	char hex[SHA256_DIGEST_STRING_LENGTH];

	SHA256Data((const uint8_t *)text, strlen(text), hex);
	*ret_key = xstrndup(hex, KEY_LEN);
	return xasprintf("%s/" DEVCONTAINER_FOLDER "/%s", data, *ret_key);
}

/* Splits a line into fields, in place, and undoes the escapes. Returns their number. */
static size_t split(char *line, char *fields[FIELDS_MAX])
{
	size_t n = 0;
	char *field;

	while (n < FIELDS_MAX && (field = strsep(&line, "\t"))) {
		fields[n++] = field;
		devcontainer_unescape(field);
	}
	return n;
}

static bool same_file(char **fields)
{
	cleanup_free char *now = NULL;
	cleanup_free char *then = xasprintf("%s\t%s\t%s\t%s\t%s", fields[1], fields[2], fields[3],
					    fields[4], fields[5]);
	struct stat st;

	if (stat(fields[6], &st) < 0)
		return false;
	now = devcontainer_stamp(&st);
	return streq(now, then);
}

static bool same_variable(const char *name, const char *value)
{
	const char *now = getenv(name);

	return now && value ? streq(now, value) : now == value;
}

/* Does the line, if it is about what was read, still hold? */
static bool holds(char **fields, size_t n)
{
	struct stat st;

	if (streq(fields[0], "file"))
		return n == 7 && same_file(fields);
	if (streq(fields[0], "none"))
		return n == 2 && stat(fields[1], &st) < 0 && (errno == ENOENT || errno == ENOTDIR);
	if (streq(fields[0], "env"))
		return n >= 2 && same_variable(fields[1], n > 2 ? fields[2] : NULL);
	return true;
}

/* Reads the flat file. False: it is missing, cut off, or no longer valid. */
static bool read_valid(const char *path, struct buf *text)
{
	cleanup_buf struct buf copy = BUF_INIT;
	char *rest, *line, *fields[FIELDS_MAX];
	struct err ignored;

	buf_reset(text);
	if (file_read(AT_FDCWD, path, DEVCONTAINER_FLAT_MAX, text, &ignored) < 0 ||
	    !starts_with(text->data, DEVCONTAINER_FORMAT) || !ends_with(text->data, "\nend\n"))
		return false;
	buf_add(&copy, text->data, text->len);
	rest = copy.data;
	while ((line = strsep(&rest, "\n"))) {
		size_t n = split(line, fields);

		if (n && !holds(fields, n))
			return false;
	}
	return true;
}

static int resolve(const char *dir, const char *key, const char *config, const char *image,
		   struct err *e)
{
	cleanup_free char *program = program_path("sandbox-image");
	const char *const argv[] = {program, "image", "devcontainer", "--", dir,
				    key,     config,  image,	      NULL};
	struct spawn s = {.program = program, .argv = argv, .fds = SPAWN_ALL_SAME};
	pid_t pid;
	int r;

	s.fds[0] = SPAWN_NULL;
	s.fds[1] = SPAWN_NULL;
	r = spawn_start(&s, &pid, e);
	if (r < 0)
		return r;
	r = spawn_wait(pid);
	if (r < 0)
		return err_sys(e, -r, "cannot wait for sandbox-image");
	return r ? err_set(e, ERR_SAID, "sandbox-image failed") : 0;
}

/* "FILE:LINE", or what else says it; the caller frees it. */
static char *said_at(const struct loader *ld, const char *where, const char *line)
{
	cleanup_free char *shown = *where == '/' ? load_display_name(ld, where) : xstrdup(where);

	return streq(line, "0") ? take_ptr(shown) : xasprintf("%s:%s", shown, line);
}

static void replace(char **to, char *text)
{
	free(*to);
	*to = text;
}

static int take_setting(struct loader *ld, char **fields, const struct load_file *from)
{
	const struct schema_key *row;
	struct setting *st;
	cleanup_free char *source = said_at(ld, fields[3], fields[4]);
	int r = schema_check(fields[1], fields[2], fields[7], &row, ld->e);

	if (r < 0)
		return err_add(ld->e, "%s", source);
	r = load_setting(ld, row, fields[1], fields[2], fields[7], take_ptr(source), fields[5],
			 from);
	if (r < 0)
		return r;
	st = &ld->out->v[ld->out->n - 1];
	/* The newlines of a variable are not those of a value that goes on in sandbox.ini. */
	replace(&st->value, xstrdup(fields[7]));
	if (*fields[6])
		st->variables = xstrdup(fields[6]);
	return 0;
}

static int take_text(struct loader *ld, char **fields)
{
	struct settings *s = ld->out;
	cleanup_free char *source = said_at(ld, fields[1], fields[2]);
	cleanup_free char *text = xasprintf("%s: %s", source, fields[3]);

	if (streq(fields[0], "error"))
		return err_set(ld->e, ERR_USAGE, "%s", text);
	if (streq(fields[0], "note"))
		strv_push_take(&s->notes, take_ptr(text));
	else if (streq(fields[0], "cannot"))
		replace(&s->devcontainer_cannot, take_ptr(text));
	return 0;
}

static int take_line(struct loader *ld, char **fields, size_t n, const struct load_file *from)
{
	struct settings *s = ld->out;

	if (streq(fields[0], "set") && n == FIELDS_MAX)
		return take_setting(ld, fields, from);
	if (n == 4)
		return take_text(ld, fields);
	if (n == 3 && streq(fields[0], "from")) {
		replace(&s->devcontainer, xstrdup(fields[1]));
		strv_push(&s->files, "devcontainer.json");
		strv_push_take(&s->files, xasprintf("sha256:%s", fields[2]));
		strv_push(&s->file_paths, fields[1]);
	} else if (n == 2 && streq(fields[0], "image")) {
		replace(&s->devcontainer_image, xstrdup(fields[1]));
	} else if (n == 2 && streq(fields[0], "build")) {
		strv_push(&s->devcontainer_build, fields[1]);
	} else if (n == 3 && streq(fields[0], "build-service")) {
		strv_push_take(&s->service_builds, xasprintf("%s\n%s", fields[1], fields[2]));
	}
	return 0;
}

static int merge(struct loader *ld, struct buf *text)
{
	struct load_file from = {.from = SETTING_FROM_PROJECT};
	char *rest = text->data, *line, *fields[FIELDS_MAX];
	int r = 0;

	while (r == 0 && (line = strsep(&rest, "\n"))) {
		size_t n = split(line, fields);

		r = n ? take_line(ld, fields, n, &from) : 0;
	}
	return r;
}

static bool is_off(const char *value)
{
	bool on;

	return value_bool(value, &on) && !on;
}

/*
 * A project with a sandbox.ini once had no settings of its devcontainer.json: that is told when it is
 * resolved for the first time, unless the project says which one it wants.
 */
static void say_both(struct loader *ld, const struct load_file *project)
{
	if (project->ini.n && ld->out->devcontainer)
		strv_push(&ld->out->notes,
			  "the project's devcontainer.json is followed, where its sandbox.ini says "
			  "nothing else: 'devcontainer = no' in [sandbox] ignores it");
}

int load_devcontainer(struct loader *ld, const struct load_file *project)
{
	const char *dir = ld->req->project_dir;
	const char *config, *image;
	cleanup_free char *folder = path_join(dir, ".devcontainer");
	cleanup_free char *file = path_join(dir, ".devcontainer.json");
	cleanup_free char *path = NULL, *key = NULL;
	cleanup_buf struct buf text = BUF_INIT;
	bool chosen, first, on;
	int r;

	config = find_above(ld, project, KEY_DEVCONTAINER, "SANDBOX_DEVCONTAINER");
	chosen = config != NULL;
	/* Another word may be a Dockerfile. */
	if ((!chosen || value_bool(config, &on)) && access(folder, F_OK) < 0 &&
	    access(file, F_OK) < 0)
		return 0;
	if (!chosen)
		config = settings_get(ld->out, KEY_DEVCONTAINER);
	if (is_off(config))
		return 0;
	image = find_above(ld, project, KEY_IMAGE, "SANDBOX_IMAGE");
	path = flat_path(dir, config, image ? image : "", &key);
	first = access(path, F_OK) < 0;
	if (!read_valid(path, &text)) {
		r = resolve(dir, key, config, image ? image : "", ld->e);
		if (r < 0)
			return r;
		/* A file that changes all the time is used as it was. */
		if (!read_valid(path, &text) && !text.len)
			return err_set(ld->e, EIO, "cannot read '%s'", path);
	}
	r = merge(ld, &text);
	if (r == 0 && first && !chosen)
		say_both(ld, project);
	return r;
}
