/*
 * hooks.c - commands of [hooks].
 */
#include "start/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/new_file.h"
#include "base/proc.h"
#include "box/box_log.h"
#include "config/schema.h"
#include "config/value.h"
#include "launch/client.h"

#define CREATED "created" /* in the box's directory: create has succeeded */

/* A hook's output is logged and kept out of the session's; it must not read the session's stdin. */
static int redirect(int saved[3], const struct box_log *log, struct err *e)
{
	cleanup_close int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	bool keep_stdin = isatty(0);

	for (int fd = 0; fd < 3; fd++)
		saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (null < 0 || saved[2] < 0 || dup2(log->input, 1) < 0 || dup2(log->input, 2) < 0 ||
	    (!keep_stdin && dup2(null, 0) < 0))
		return err_sys(e, errno, "cannot redirect a hook's output");
	return 0;
}

static void restore(int saved[3])
{
	for (int fd = 0; fd < 3; fd++) {
		if (saved[fd] >= 0)
			dup2(saved[fd], fd);
		close_fd(&saved[fd]);
	}
}

static int run(const struct box_session *s, enum schema_id hook, bool at_exit, int *connection,
	       int *ret_status, struct err *e)
{
	const char *text = settings_get(s->settings, hook), *name = schema_keys[hook].key;
	const char *workdir = settings_get(s->settings, KEY_WORKDIR);
	bool starts = hook == KEY_HOOKS_START || hook == KEY_HOOKS_CREATE;
	/* Its background processes must survive the end of its terminal. */
	cleanup_free char *script = xasprintf("%s%s", starts ? "trap '' HUP\n" : "", text);
	char *argv[] = {(char *)"/bin/sh", (char *)"-ec", script, (char *)name, NULL};
	struct session_options options = {.env = s->options->env, .argv = argv};
	struct box_session session = *s;
	struct box_log log = BOX_LOG_INIT;
	int saved[3] = {-1, -1, -1}, r;
	cleanup_close int next = -1;

	/* Connects before the hook ends: a box without a session may be ending. */
	if (box_connect(s->box, &next) < 0)
		return err_set(e, ERR_RETRY, "the box ended before the hook '%s'", name);
	session_set_user(s->settings, &options);
	session.options = &options;
	session.accepted = NULL;
	session.cwd = workdir ? workdir : s->project ? s->project : s->home;
	session.detach = session.at_exit = at_exit;
	session.output = at_exit ? &log.input : NULL;
	r = box_log_start(s->box, name, at_exit ? -1 : STDERR_FILENO, &log, e);
	if (r == 0 && !at_exit)
		r = redirect(saved, &log, e);
	if (r == 0)
		r = box_session_run(&session, *connection, ret_status, e);
	restore(saved);
	box_log_finish(&log);
	close_fd(connection);
	*connection = take_fd(&next);
	return r < 0 && r != -ERR_RETRY ? err_add(e, "cannot run the hook '%s'", name) : r;
}

static const char *hint(const struct box_session *s, enum schema_id hook)
{
	return value_script_hint(settings_get(s->settings, hook));
}

/* A hook that must succeed. */
static int run_strictly(const struct box_session *s, enum schema_id hook, int *connection,
			struct err *e)
{
	int status = 0, r = run(s, hook, false, connection, &status, e);

	if (r == 0 && status != 0)
		r = err_set(e, EIO,
			    "the hook '%s' failed with status %d%s; 'sandbox enter --rescue' opens "
			    "a shell all the same, 'sandbox logs' shows its output",
			    schema_keys[hook].key, STATUS_EXIT(status), hint(s, hook));
	return r;
}

static bool has(const struct box_session *s, enum schema_id hook)
{
	return settings_get(s->settings, hook) != NULL;
}

static int run_create(const struct box_session *s, int *connection, struct err *e)
{
	int r;

	if (faccessat(s->box->dir_fd, CREATED, F_OK, 0) == 0)
		return 0;
	r = run_strictly(s, KEY_HOOKS_CREATE, connection, e);
	if (r < 0)
		return r;
	/* Its results are on disk before it is recorded as never to be run again. */
	r = sync_fs(s->box->dir_fd, s->box->name, e);
	return r < 0 ? r : file_write_atomic(s->box->dir_fd, CREATED, "", 0, 0600, e);
}

int hooks_at_start(const struct box_session *s, int *connection, struct err *e)
{
	int status, r = has(s, KEY_HOOKS_EXIT)
				? run(s, KEY_HOOKS_EXIT, true, connection, &status, e)
				: 0;

	if (r == 0 && has(s, KEY_HOOKS_CREATE))
		r = run_create(s, connection, e);
	if (r == 0 && has(s, KEY_HOOKS_START))
		r = run_strictly(s, KEY_HOOKS_START, connection, e);
	return r;
}

int hooks_at_enter(const struct box_session *s, int *connection, struct err *e)
{
	int status = 0, r = has(s, KEY_HOOKS_ENTER)
				    ? run(s, KEY_HOOKS_ENTER, false, connection, &status, e)
				    : 0;

	if (r == 0 && status != 0)
		log_warn("the hook 'enter' ended with status %d%s", STATUS_EXIT(status),
			 hint(s, KEY_HOOKS_ENTER));
	return r;
}
