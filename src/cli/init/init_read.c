/*
 * init_read.c - what the files in a project's directory say about the tools that it needs: by their
 * names (the table of init_signs.h), and for some by their content: versions, package managers, the
 * programs of a Makefile, services.
 *
 * Owns which file is read for what; init_text.h does the parsing. A guess is only a proposal.
 */
#include "cli/init/init_read.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/path.h"
#include "cli/init/init_image.h"
#include "cli/init/init_signs.h"
#include "cli/init/init_text.h"

#define READ_MAX  (256u << 10)
#define NOTES_MAX 8 /* notes about unknown programs; more are noise */

/* Nothing that init may read: a symlink, not a file, too long, not ours. */
static bool is_nothing(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -EINVAL || r == -EFBIG ||
	       r == -ENXIO || r == -EACCES;
}

bool init_read_file(int dirfd, const char *name, struct buf *out, struct init_guess *g)
{
	cleanup_close int fd = -1;
	struct err e;
	int r = path_open_nolinks(dirfd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, &e);

	if (r == 0)
		r = file_read_fd(fd, name, READ_MAX, out, &e);
	if (r < 0 && !is_nothing(r) && !g->failed.code)
		g->failed = e;
	return r == 0;
}

/* The languages by their names in version files. */
static const char *lang_of(const char *tool)
{
	static const struct {
		const char *tool, *lang;
	} names[] = {{"nodejs", "node"}, {"node", "node"},     {"python", "python"},
		     {"golang", "go"},	 {"go", "go"},	       {"rust", "rust"},
		     {"java", "java"},	 {"ruby", "ruby"},     {"php", "php"},
		     {"cmake", "c"},	 {"elixir", "elixir"}, {"erlang", "erlang"},
		     {"maven", "maven"}, {"gradle", "gradle"}, {"bun", "bun"},
		     {"deno", "deno"}};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(names[i].tool, tool))
			return names[i].lang;
	return NULL;
}

/* A language known only from a version: its tools, without an install command. */
static void take_lang(struct init_guess *g, const char *lang, const char *version, const char *file,
		      bool exact)
{
	init_add_want(g, lang, version, file, exact);
	if (strv_has(&g->langs, lang))
		return;
	for (size_t i = 0; i < init_n_signs; i++) {
		if (!streq(init_signs[i].lang, lang))
			continue;
		init_add_sign(g, &init_signs[i], file, false);
		return;
	}
}

static void take_tools(const struct strv *pairs, const char *file, struct init_guess *g)
{
	for (size_t i = 0; i + 1 < pairs->n; i += 2) {
		const char *lang = lang_of(pairs->v[i]);

		if (lang) {
			take_lang(g, lang, pairs->v[i + 1], file, true);
			init_add_why(
				g,
				"%s: %s %s: using the version of the image, the nearest available",
				file, pairs->v[i], pairs->v[i + 1]);
		} else {
			init_add_why(g, "%s: %s: left out, write its package into [packages]", file,
				     pairs->v[i]);
		}
	}
}

/* Files that contain a version and nothing else. */
static void read_version_files(int dirfd, struct init_guess *g)
{
	static const struct {
		const char *file, *lang;
	} files[] = {
		{".nvmrc", "node"},	   {".node-version", "node"}, {".python-version", "python"},
		{".ruby-version", "ruby"}, {".java-version", "java"}, {".go-version", "go"},
		{".php-version", "php"},   {"rust-toolchain", "rust"}};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		cleanup_buf struct buf text = BUF_INIT;
		cleanup_free char *version = NULL;

		if (!init_read_file(dirfd, files[i].file, &text, g))
			continue;
		version = init_text_first(text.data);
		if (version && *version != '[')
			take_lang(g, files[i].lang, version, files[i].file, true);
	}
}

static void read_tool_files(int dirfd, struct init_guess *g)
{
	static const struct {
		const char *file, *section; /* NULL: lines of a tool and its version */
	} files[] = {{".tool-versions", NULL},
		     {"mise.toml", "tools"},
		     {".mise.toml", "tools"},
		     {".sdkmanrc", ""}};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		cleanup_buf struct buf text = BUF_INIT;
		cleanup_strv struct strv pairs = {0};

		if (!init_read_file(dirfd, files[i].file, &text, g))
			continue;
		if (files[i].section)
			init_text_toml(text.data, files[i].section, &pairs);
		else
			init_text_tool_versions(text.data, &pairs);
		take_tools(&pairs, files[i].file, g);
	}
}

/* A key of a TOML section that gives the minimal, or exact, version. */
static void read_toml_wants(int dirfd, struct init_guess *g)
{
	static const struct {
		const char *file, *section, *key, *lang;
		bool exact;
	} keys[] = {{"rust-toolchain.toml", "toolchain", "channel", "rust", true},
		    {"rust-toolchain", "toolchain", "channel", "rust", true},
		    {"Cargo.toml", "package", "rust-version", "rust", false},
		    {"Cargo.toml", "workspace.package", "rust-version", "rust", false},
		    {"pyproject.toml", "project", "requires-python", "python", false}};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		cleanup_buf struct buf text = BUF_INIT;
		cleanup_strv struct strv pairs = {0};

		if (!init_read_file(dirfd, keys[i].file, &text, g))
			continue;
		init_text_toml(text.data, keys[i].section, &pairs);
		for (size_t k = 0; k + 1 < pairs.n; k += 2)
			if (streq(pairs.v[k], keys[i].key))
				take_lang(g, keys[i].lang, pairs.v[k + 1], keys[i].file,
					  keys[i].exact);
		/* Not available as a Debian package: the image has rustup, which reads the file. */
		if (keys[i].exact && (strstr(text.data, "nightly") || strstr(text.data, "beta")))
			g->lang_image = "rust:1";
	}
}

/* "packageManager": "pnpm@8.1.0+sha512..." names the one that wrote the lock file. */
static void take_package_manager(const char *value, struct init_guess *g)
{
	size_t name = strcspn(value, "@");
	size_t version = value[name] ? strspn(value + name + 1, "0123456789.") : 0;
	bool yarn = strncmp(value, "yarn", name) == 0 && name == 4;
	bool pnpm = strncmp(value, "pnpm", name) == 0 && name == 4;
	bool berry = yarn && version && value[5] != '1' && value[5] != '0';

	if (!yarn && !pnpm)
		return;
	strv_clear(&g->npm);
	strv_push_take(&g->npm, xasprintf("%s%s%.*s",
					  berry	 ? "@yarnpkg/cli-dist"
					  : yarn ? "yarn"
						 : "pnpm",
					  version ? "@" : "", (int)version, value + name + 1));
	for (size_t i = 0; i < g->create.n; i++)
		if (streq(g->create.v[i], "npm install")) {
			free(g->create.v[i]);
			g->create.v[i] = xstrdup(yarn ? "yarn install" : "pnpm install");
		}
	init_add_why(g, "package.json: packageManager %.*s", (int)(name + 1 + version), value);
}

static void read_package_json(int dirfd, struct init_guess *g)
{
	cleanup_free char *manager = NULL, *engine = NULL;
	cleanup_buf struct buf text = BUF_INIT;

	if (!init_read_file(dirfd, "package.json", &text, g) || !strv_has(&g->langs, "node"))
		return;
	manager = init_text_json(text.data, NULL, "packageManager");
	engine = init_text_json(text.data, "engines", "node");
	if (manager)
		take_package_manager(manager, g);
	if (engine)
		init_add_want(g, "node", engine, "package.json", false);
}

static void read_go_mod(int dirfd, struct init_guess *g)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_free char *version = NULL;

	if (init_read_file(dirfd, "go.mod", &text, g) && (version = init_text_go(text.data)))
		init_add_want(g, "go", version, "go.mod", false);
}

/* One that only has settings of tools cannot be installed: only the virtual environment is made. */
static void read_pyproject(int dirfd, struct init_guess *g)
{
	cleanup_buf struct buf text = BUF_INIT, setup = BUF_INIT;

	if (!init_read_file(dirfd, "pyproject.toml", &text, g) ||
	    init_read_file(dirfd, "setup.py", &setup, g) ||
	    init_text_toml_has(text.data, "project") ||
	    init_text_toml_has(text.data, "build-system"))
		return;
	for (size_t i = 0; i < g->create.n; i++)
		if (ends_with(g->create.v[i], "pip install -e ."))
			*strstr(g->create.v[i], " && ") = '\0';
}

/* Notes the services, for the user to describe. */
static void read_compose(int dirfd, struct init_guess *g)
{
	static const char *const names[] = {"compose.yaml", "compose.yml", "docker-compose.yaml",
					    "docker-compose.yml"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_buf struct buf text = BUF_INIT, list = BUF_INIT;
		cleanup_strv struct strv services = {0};

		if (!init_read_file(dirfd, names[i], &text, g))
			continue;
		init_text_services(text.data, &services);
		for (size_t k = 0; k < services.n && k < 12; k++)
			buf_addf(&list, " %s", services.v[k]);
		init_add_why(g,
			     "%s: its services are not read, sections [service NAME] here "
			     "describe them:%s%s",
			     names[i], list.data, services.n > 12 ? " ..." : "");
		return;
	}
}

/* A program that a rule names: adds its package, or notes that it is unknown. */
static void take_program(const char *program, const char *file, struct init_guess *g)
{
	static const char *const builtins[] = {
		"cd",	"set",	   "export", "for",   "case",	  "done",   "fi",
		"esac", "exit",	   "trap",   "read",  "eval",	  "source", "type",
		"wait", "unset",   "shift",  "break", "continue", "return", "until",
		"in",	"command", "ulimit", "local", "elif",	  "umask"};

	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++)
		if (streq(program, builtins[i]))
			return;
	for (size_t i = 0; i < init_n_tools; i++) {
		if (!streq(init_tools[i].program, program))
			continue;
		init_add_apt(g, "", init_tools[i].apt);
		if (*init_tools[i].apt)
			init_add_words(&g->programs, program);
		return;
	}
	/* What every image has, this machine has too. */
	if (!init_host_has(program) && g->why.n < NOTES_MAX)
		init_add_why(g, "%s: uses %s, whose package is not known here", file, program);
}

/* make itself, and a package for each program that its rules name. */
static void read_makefile(int dirfd, struct init_guess *g)
{
	static const char *const names[] = {"GNUmakefile", "makefile", "Makefile"};
	static const struct init_sign for_c = {.lang = "c",
					       .profile = "c",
					       .apt = "build-essential",
					       .programs = "make cc"},
				      beside = {.apt = "make", .programs = "make"};
	/* configure writes one, and one for another language needs no C. */
	bool alone = !g->langs.n;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_buf struct buf text = BUF_INIT;
		cleanup_strv struct strv programs = {0};

		if (!init_read_file(dirfd, names[i], &text, g))
			continue;
		init_add_sign(g, alone ? &for_c : &beside, names[i], true);
		init_text_makefile(text.data, &programs);
		for (size_t k = 0; k < programs.n; k++)
			take_program(programs.v[k], names[i], g);
		return;
	}
}

/*
 * Libraries and generators that the build files mention. This machine may lack them, whatever else
 * it has.
 */
static void read_mentions(int dirfd, struct init_guess *g)
{
	cleanup_buf struct buf text = BUF_INIT;
	const char *file = "";

	for (size_t i = 0; i < init_n_mentions; i++) {
		const struct init_mention *m = &init_mentions[i];

		if (!streq(file, m->file)) {
			file = m->file;
			buf_reset(&text);
			if (!init_read_file(dirfd, file, &text, g))
				buf_reset(&text);
		}
		if (!text.len || !strstr(text.data, m->words))
			continue;
		init_add_apt(g, "", m->apt);
		g->libraries = true;
	}
}

/* <java.version>21</java.version> and the like in a pom.xml. */
static void read_pom(int dirfd, struct init_guess *g)
{
	static const char *const tags[] = {"<maven.compiler.release>", "<maven.compiler.source>",
					   "<java.version>", "<release>"};
	cleanup_buf struct buf text = BUF_INIT;

	if (!init_read_file(dirfd, "pom.xml", &text, g))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		const char *value = strstr(text.data, tags[i]);
		cleanup_free char *version = NULL;

		if (!value || starts_with(value + strlen(tags[i]), "1."))
			continue;
		value += strlen(tags[i]);
		version = xstrndup(value, strspn(value, "0123456789"));
		init_add_want(g, strv_has(&g->langs, "maven") ? "maven" : "java", version,
			      "pom.xml", false);
		return;
	}
}

/* Versions, package managers, programs of a Makefile, services of a compose file. */
static void read_files(int dirfd, struct init_guess *g)
{
	read_version_files(dirfd, g);
	read_tool_files(dirfd, g);
	read_toml_wants(dirfd, g);
	read_package_json(dirfd, g);
	read_go_mod(dirfd, g);
	read_pyproject(dirfd, g);
	read_pom(dirfd, g);
	read_makefile(dirfd, g);
	read_mentions(dirfd, g);
	read_compose(dirfd, g);
}

/* The first of the names that matches the sign, or NULL. */
static const char *find(const struct strv *names, const struct init_sign *sign)
{
	if (!strpbrk(sign->file, "*?["))
		return strv_has(names, sign->file) ? sign->file : NULL;
	for (size_t i = 0; i < names->n; i++)
		if (fnmatch(sign->file, names->v[i], FNM_PERIOD) == 0)
			return names->v[i];
	return NULL;
}

int init_read_directory(int dirfd, const char *dir, struct init_guess *out, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = dir_names(dirfd, ".", &names, e);

	if (r < 0)
		return err_add(e, "'%s'", dir);
	*out = (struct init_guess){0};
	init_add_words(&out->profiles, "dev");
	for (size_t i = 0; i < init_n_signs; i++) {
		const struct init_sign *sign = &init_signs[i];
		const char *file = find(&names, sign);

		if (file && !(*sign->lang && strv_has(&out->stopped, sign->lang)))
			init_add_sign(out, sign, file, true);
	}
	read_files(dirfd, out);
	init_read_dockerfile(dirfd, out);
	init_read_devcontainer(dir, out);
	if (!out->failed.code)
		return 0;
	*e = out->failed;
	return err_add(e, "'%s'", dir);
}
