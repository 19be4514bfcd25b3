/*
 * image_move.c - images in and out: pull, push, prepare, import, export, login, logout.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/image/image_common.h"
#include "cli/image/progress.h"
#include "cli/image_commands.h"
#include "image/archive/export.h"
#include "image/archive/import.h"
#include "image/document/manifest.h"
#include "image/pull.h"
#include "image/push.h"
#include "image/registry/credentials.h"
#include "image/registry/registry.h"

#define PASSWORD_MAX 4096

static void json_pulled(struct json *j, const char *name, const struct pull_result *res)
{
	jsonout_object_begin(j, NULL);
	jsonout_string(j, "name", name);
	jsonout_string(j, "digest", digest_text(&res->digest).s);
	jsonout_bool(j, "changed", res->changed);
	jsonout_bool(j, "mended", res->mended);
	jsonout_number(j, "layers", (long long)res->layers);
	jsonout_number(j, "downloaded", (long long)res->downloaded);
	jsonout_object_end(j);
}

static int pull_one(struct image_tools *t, const char *word, const struct platform *platform,
		    struct json *j, struct err *e)
{
	cleanup_reference struct reference ref = {0};
	cleanup_free char *name = NULL, *shown = NULL;
	struct pull_request req = {
		.store = &t->store, .conf = &t->conf, .ref = &ref, .platform = platform};
	struct pull_result res;
	int r = reference_parse(word, t->conf.registry, &ref, e);

	if (r == 0)
		r = image_pull(&req, &res, e);
	progress_end();
	if (r < 0)
		return r;
	name = ref_name(&ref);
	shown = image_tools_short(t, name);
	if (j)
		json_pulled(j, shown, &res);
	else
		printf("%s: %s %.12s\n", shown,
		       res.changed  ? "pulled"
		       : res.mended ? "mended"
				    : "up to date",
		       res.digest.hex);
	return 0;
}

int image_cmd_pull(const struct args *args, int *ret_status, struct err *e)
{
	const struct pull_cli *cli = args->options;
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	cleanup_platform struct platform platform = {0};
	struct json j = JSON_INIT;
	int r = image_tools_open(&t, e);

	(void)ret_status;
	if (r == 0 && cli->platform)
		r = platform_parse(cli->platform, &platform, e);
	if (r < 0)
		return r;
	progress_start(args->quiet);
	if (cli->json)
		jsonout_array_begin(&j, NULL);
	for (int i = 0; r == 0 && i < args->n; i++)
		r = pull_one(&t, args->v[i], cli->platform ? &platform : NULL,
			     cli->json ? &j : NULL, e);
	/* What was done before a failure is done. */
	if (cli->json) {
		jsonout_array_end(&j);
		jsonout_print(&j);
	}
	return r;
}

int image_cmd_prepare(const struct args *args, int *ret_status, struct err *e)
{
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	cleanup_reference struct reference ref = {0};
	struct pull_request req = {.store = &t.store, .conf = &t.conf, .ref = &ref};
	struct pull_result res;
	struct err why;
	int r = image_tools_open(&t, e);

	(void)ret_status;
	if (r == 0)
		r = reference_parse(args->v[0], t.conf.registry, &ref, e);
	if (r < 0)
		return r;
	progress_start(args->quiet);
	r = image_prepare(&req, e);
	if (r == -ENOENT) {
		log_note("image '%s' is not here: pulling it from %s", args->v[0], ref.registry);
		r = image_pull(&req, &res, e);
		why = *e;
		if (r < 0 && streq(ref.path, "library/debian") && ref.tag)
			r = err_set(e, why.code,
				    "%s; 'sandbox image bootstrap debian:%s' makes it from a "
				    "Debian mirror",
				    why.msg, ref.tag);
	}
	progress_end();
	return r;
}

static void print_pushed(const char *to, const struct push_result *res, bool as_json)
{
	struct json j = JSON_INIT;

	if (!as_json) {
		printf("%s: pushed %.12s (%zu sent, %zu mounted, %zu there already)\n", to,
		       res->digest.hex, res->uploaded, res->mounted, res->existing);
		return;
	}
	jsonout_object_begin(&j, NULL);
	jsonout_string(&j, "name", to);
	jsonout_string(&j, "digest", digest_text(&res->digest).s);
	jsonout_number(&j, "uploaded", (long long)res->uploaded);
	jsonout_number(&j, "mounted", (long long)res->mounted);
	jsonout_number(&j, "existing", (long long)res->existing);
	jsonout_object_end(&j);
	jsonout_print(&j);
}

int image_cmd_push(const struct args *args, int *ret_status, struct err *e)
{
	const struct image_json_cli *cli = args->options;
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	cleanup_reference struct reference to = {0};
	cleanup_free char *name = NULL, *shown = NULL;
	struct ref ref;
	struct push_result res;
	struct push_request req = {.store = &t.store, .conf = &t.conf, .to = &to};
	int r = image_tools_open(&t, e);

	(void)ret_status;
	if (r == 0)
		r = image_tools_find(&t, args->v[0], &name, &ref, e);
	if (r == 0)
		r = reference_parse(args->n > 1 ? args->v[1] : name, t.conf.registry, &to, e);
	if (r == 0 && !to.tag)
		r = err_set(e, ERR_USAGE, "cannot push to '%s': a tag is needed",
			    args->n > 1 ? args->v[1] : name);
	if (r < 0)
		return r;
	req.name = name;
	progress_start(args->quiet);
	r = image_push(&req, &res, e);
	progress_end();
	if (r < 0)
		return r;
	shown = reference_text(&to);
	print_pushed(shown, &res, cli->json);
	return 0;
}

int image_cmd_import(const struct args *args, int *ret_status, struct err *e)
{
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	cleanup_strv struct strv names = {0};
	struct import_request req = {.store = &t.store,
				     .conf = &t.conf,
				     .source = args->v[0],
				     .name = args->n > 1 ? args->v[1] : NULL};
	int r = image_tools_open(&t, e);

	(void)ret_status;
	if (r < 0)
		return r;
	progress_start(args->quiet);
	r = image_import(&req, &names, e);
	progress_end();
	if (r < 0)
		return err_add(e, "cannot import '%s'", args->v[0]);
	image_tools_print_names(&t, &names);
	return 0;
}

int image_cmd_export(const struct args *args, int *ret_status, struct err *e)
{
	const struct export_cli *cli = args->options;
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	cleanup_free char *name = NULL;
	struct export_request req = {.store = &t.store, .file = args->v[1]};
	int r = image_tools_open(&t, e);

	(void)ret_status;
	if (r == 0)
		r = image_tools_find(&t, args->v[0], &name, &req.ref, e);
	if (r < 0)
		return r;
	req.name = name;
	req.format = !cli->format		    ? EXPORT_OCI
		     : streq(cli->format, "docker") ? EXPORT_DOCKER
		     : streq(cli->format, "tar")    ? EXPORT_TAR
						    : EXPORT_OCI;
	if (streq(req.file, "-") && isatty(STDOUT_FILENO))
		return err_set(e, ERR_USAGE, "not writing an archive to a terminal: name a file");
	r = image_export(&req, e);
	return r < 0 ? err_add(e, "cannot export '%s'", args->v[0]) : 0;
}

/* The first line of a stream, without its newline; for passwords. */
static int read_line(FILE *f, char **ret, struct err *e)
{
	char line[PASSWORD_MAX];

	if (!fgets(line, sizeof(line), f))
		return err_set(e, ERR_USAGE, "no password was given");
	line[strcspn(line, "\r\n")] = '\0';
	*ret = xstrdup(line);
	explicit_bzero(line, sizeof(line));
	return 0;
}

static int ask(FILE *tty, const char *what, bool secret, char **ret, struct err *e)
{
	struct termios old, silent;
	int r;

	fprintf(tty, "%s: ", what);
	fflush(tty);
	if (secret && tcgetattr(fileno(tty), &old) == 0) {
		silent = old;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(fileno(tty), TCSAFLUSH, &silent);
	} else {
		secret = false;
	}
	r = read_line(tty, ret, e);
	if (secret) {
		tcsetattr(fileno(tty), TCSAFLUSH, &old);
		fputc('\n', tty);
	}
	return r;
}

static int ask_login(const struct login_cli *cli, char **user, char **password, struct err *e)
{
	cleanup_fclose FILE *tty = cli->password_stdin ? NULL : fopen("/dev/tty", "r+e");
	int r = 0;

	*user = xstrdup(cli->user);
	if (cli->password_stdin && !cli->user)
		return err_set(e, ERR_USAGE, "--password-stdin needs --username");
	if (cli->password_stdin)
		return read_line(stdin, password, e);
	if (!tty)
		return err_set(
			e, ERR_USAGE,
			"there is no terminal to ask on: use --username and --password-stdin");
	if (!*user)
		r = ask(tty, "user", false, user, e);
	return r < 0 ? r : ask(tty, "password", true, password, e);
}

int image_cmd_login(const struct args *args, int *ret_status, struct err *e)
{
	const struct login_cli *cli = args->options;
	cleanup_image_conf struct image_conf conf = {0};
	cleanup_free char *user = NULL, *password = NULL, *where = NULL;
	int r = image_conf_load(&conf, e);

	(void)ret_status;
	if (r == 0)
		r = ask_login(cli, &user, &password, e);
	if (r == 0)
		r = registry_check_login(&conf, args->v[0], user, password, e);
	if (r == 0)
		r = credentials_store(args->v[0], user, password, &where, e);
	if (password)
		explicit_bzero(password, strlen(password));
	if (r < 0)
		return err_add(e, "cannot log in at '%s'", args->v[0]);
	log_note("logged in at %s as %s: kept in %s", args->v[0], user, where);
	return 0;
}

int image_cmd_logout(const struct args *args, int *ret_status, struct err *e)
{
	cleanup_free char *where = NULL;
	bool found;
	int r = credentials_erase(args->v[0], &found, &where, e);

	(void)ret_status;
	if (r < 0)
		return err_add(e, "cannot log out of '%s'", args->v[0]);
	if (!found)
		return err_set(e, ENOENT, "not logged in at '%s'", args->v[0]);
	log_note("logged out of %s: removed from %s", args->v[0], where);
	return 0;
}
