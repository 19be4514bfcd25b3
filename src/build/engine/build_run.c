/*
 * build_run.c - the command of RUN as BuildKit composes it, and its box.
 *
 * The box has the image's files and nothing of the host: no home, no project, and an environment
 * made of ENV and ARG. Its network is closed to the host, to link-local addresses and to the
 * cloud's metadata, whatever else the user's settings say; --network=none, or a policy, leaves it
 * none.
 */
#include "build/engine/build_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/owner.h"
#include "base/path.h"
#include "box/box_create.h"
#include "build/engine/build_config.h"
#include "build/engine/build_files.h"
#include "build/engine/build_layer.h"
#include "build/engine/build_mounts.h"
#include "build/engine/build_tidy.h"
#include "build/heredoc.h"
#include "image/document/plan_make.h"
#include "image/registry/registry.h"
#include "prepare/step_box.h"
#include "prepare/step_log.h"

#define SCRIPTS "/dev/pipes/" /* where BuildKit puts here-documents that are scripts */

/* A RUN on its way. */
struct running {
	struct build *b;
	struct build_state *s;
	const struct step *step;
	const char *title;
	struct strv argv, env;
	char *script; /* a here-document that is a program of its own; or NULL */
	bool network;
	bool sudo; /* the image's sudo cannot make its USER root: ours does */
	uint32_t uid, gid;
	char *cwd;
};

static void running_clear(struct running *p)
{
	strv_clear(&p->argv);
	strv_clear(&p->env);
	free(p->script);
	free(p->cwd);
}

/* The only here-document is the command, or a script; several are the shell's. */
static void add_heredocs(struct running *p, struct strv *words)
{
	const struct instruction *in = p->step->of->in;
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_free char *name = NULL;
	struct err ignored;
	bool expand, tabs;

	if (heredoc_word(p->step->args.v[0], &name, &expand, &tabs, &ignored) > 0) {
		heredoc_text(&in->heredocs[0], &text);
		if (starts_with(text.data, "#!")) {
			p->script = xstrdup(text.data);
			strv_push_take(words, xasprintf(SCRIPTS "%s", in->heredocs[0].name));
			return;
		}
	} else {
		buf_addstr(&text, p->step->args.v[0]);
		for (size_t i = 0; i < in->n_heredocs; i++)
			buf_addf(&text, "\n%s%s", in->heredocs[i].content, in->heredocs[i].name);
	}
	strv_push(words, text.data);
}

static void compose(struct running *p)
{
	const struct instruction *in = p->step->of->in;
	cleanup_strv struct strv words = {0};

	if (in->n_heredocs && !in->exec && p->step->args.n)
		add_heredocs(p, &words);
	else
		for (size_t i = 0; i < p->step->args.n; i++)
			strv_push(&words, p->step->args.v[i]);
	build_config_command(p->s, in->exec, &words, &p->argv);
}

static const char *flag_of(const struct step *step, const char *name)
{
	for (size_t i = 0; i + 1 < step->flags.n; i += 2)
		if (streq(step->flags.v[i], name))
			return step->flags.v[i + 1];
	return NULL;
}

static bool is_proxy(const char *name)
{
	size_t n = strlen(name);

	return n > 6 && strcasecmp(name + n - 6, "_proxy") == 0;
}

/* ENV and ARG. Those of --build-arg that name proxies need no ARG, and are no part of the key. */
static void add_env(struct running *p, struct strv *key)
{
	const struct variables *env = &p->s->env, *given = &p->b->req->graph->options->args;

	for (size_t i = 0; i < env->names.n; i++) {
		strv_push_take(&p->env, xasprintf("%s=%s", env->names.v[i], env->values.v[i]));
		strv_push(key, p->env.v[p->env.n - 1]);
	}
	for (size_t i = 0; i < given->names.n; i++)
		if (is_proxy(given->names.v[i]) && !variables_get(env, given->names.v[i]))
			strv_push_take(&p->env,
				       xasprintf("%s=%s", given->names.v[i], given->values.v[i]));
}

static int choose_network(struct running *p, struct err *e)
{
	const char *network = flag_of(p->step, "network"), *security = flag_of(p->step, "security");

	if (network && streq(network, "host"))
		return err_set(e, ENOTSUP,
			       "RUN --network=host: a build never gets the host's network; without "
			       "the flag it has one of its own");
	if (security && streq(security, "insecure"))
		return err_set(e, ENOTSUP,
			       "RUN --security=insecure: a build never gets more rights than other "
			       "boxes; leave the flag out if the step works without");
	p->network = !(network && streq(network, "none")) && !p->b->network_denied;
	return 0;
}

/* Raised when a step of the same words makes something else; each step then runs once more. */
#define RUN_MEANING 2

/* Whatever the result depends on, besides the layers below. */
static int describe(const struct running *p, const struct strv *env, char **ret, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	const char *user = build_state_text(p->s, "User");
	int r;

	buf_addf(&text, "RUN\nmeaning %d\nuser %s\nin %s\n%s", RUN_MEANING, user, p->cwd,
		 p->network ? "" : "no network\n");
	for (size_t i = 0; i < env->n; i++) {
		cleanup_free char *line = err_quote_all(env->v[i]);

		buf_addf(&text, "env %s\n", line);
	}
	for (size_t i = 0; i < p->argv.n; i++) {
		cleanup_free char *line = err_quote_all(p->argv.v[i]);

		buf_addf(&text, "arg %s\n", line);
	}
	if (p->script) {
		cleanup_free char *line = err_quote_all(p->script);

		buf_addf(&text, "script %s\n", line);
	}
	r = build_mounts_describe(p->b, p->s, p->step, &text, e);
	if (r == 0)
		*ret = buf_detach(&text);
	return r;
}

/* "|2 A=1 B=2 /bin/sh -c text": the build arguments, and the command. */
static void note_history(const struct running *p, time_t made)
{
	cleanup_strv struct strv args = {0}, words = {0};
	cleanup_free char *command = NULL, *text = NULL;

	for (size_t i = 0; i < p->s->args.n; i++)
		if (!strv_has(&args, p->s->args.v[i]))
			strv_push(&args, p->s->args.v[i]);
	if (args.n)
		strv_push_take(&words, xasprintf("|%zu", args.n));
	for (size_t i = 0; i < args.n; i++) {
		const char *value = variables_get(&p->s->env, args.v[i]);

		strv_push_take(&words, xasprintf("%s=%s", args.v[i], value ? value : ""));
	}
	for (size_t i = 0; i < p->argv.n; i++)
		strv_push(&words, p->argv.v[i]);
	command = strv_join(&words, " ");
	text = xasprintf("RUN %s", command);
	build_state_history(p->s, text, true, true, made);
}

/* The user's own HOME is not told: the image's passwd says where it is. */
static bool is_root(const char *user)
{
	return !*user || streq(user, "root") || streq(user, "0") || starts_with(user, "0:") ||
	       starts_with(user, "root:");
}

/* Without a sudo of its own an image has none, as elsewhere. */
static bool has_sudo(const struct view *view)
{
	struct err ignored;
	struct stat st;
	size_t layer;

	return view_lookup(view, "/usr/bin/sudo", &layer, &st, &ignored) == 0 &&
	       S_ISREG(st.st_mode);
}

static int find_user(struct running *p, struct err *e)
{
	cleanup_build_files struct build_files files = {0};
	const char *user = build_state_text(p->s, "User");
	struct view view;
	int r;

	if (!p->s->m.n_layers)
		return err_set(e, ENOTSUP,
			       "RUN in an image without files: COPY or ADD something "
			       "first");
	if (is_root(user))
		return 0;
	r = build_files_open(p->s, p->b->req->store, &files, e);
	if (r < 0)
		return r;
	view = build_files_view(&files);
	p->sudo = has_sudo(&view);
	r = plan_find_user(&view, user, &p->uid, &p->gid, e);
	return r < 0 ? err_add(e, "cannot become the USER '%s'", user) : 0;
}

/* A file for the box: `name` in its directory. *ret is its path; the caller frees it. */
static int write_script(const struct running *p, const struct box *box, char **ret, struct err *e)
{
	cleanup_free char *path = xasprintf("boxes/%s/script", box->id);
	int r = file_write_passing(p->b->store.data_fd, path, p->script, strlen(p->script), 0755,
				   e);

	if (r == 0)
		*ret = path_join(p->b->store.data, path);
	return r;
}

static int failed(const struct running *p, const struct build_layer *l, int status, struct err *e)
{
	const struct instruction *in = p->step->of->in;
	cleanup_free char *log = build_layer_log(l);
	const char *denied = p->b->network_denied;

	if (registry_interrupted())
		return err_set(e, EINTR, "interrupted");
	return err_set(
		e, EIO,
		"%s:%zu: %.200s failed with status %d%s%s%s: its last lines stand above, all "
		"of them are in '%s/%s'; --debug-shell opens a shell there",
		p->b->req->graph->file->name, in->line, p->title, status, denied ? " (" : "",
		denied ? denied : "", denied ? " denies the network)" : "", p->b->store.data, log);
}

/* A shell in a box as the step's was before it began. */
static void debug_shell(const struct running *p, const struct step_box *of, const struct err *why)
{
	const struct digest none = {0};
	cleanup_close int lifetime = -1;
	cleanup_box struct box b = BOX_INIT;
	cleanup_strv struct strv argv = {0};
	struct step_box box = *of;
	struct err e;
	int r;

	log_warn("%s", why->msg);
	log_note("a shell in the state before the step: what you change is lost when you leave it");
	strv_push(&argv, p->step->of->in->exec ? "/bin/sh" : p->argv.v[0]);
	strv_push(&box.session.env, "TERM");
	box.session.argv = argv.v;
	r = box_create_temporary(&p->b->store, NULL, "build", &none, false, &b, &lifetime, &e);
	if (r == 0)
		r = step_box_shell(&box, &b, lifetime, &e);
	if (r < 0)
		log_warn("%s", e.msg);
	box_wait_gone(&b, BOX_GONE_MS);
	box_remove(&p->b->store, &b, &e);
}

static int run_logged(struct running *p, const struct build_layer *l, const struct step_box *box,
		      struct box *b, int lifetime, struct err *e)
{
	struct step_log log = {.step = {.number = build_count(p->b),
					.of = p->b->progress->steps,
					.title = p->title,
					.doing = "building",
					.done = "built"}};
	cleanup_free char *path = build_layer_log(l);
	int status = 125, r = step_log_open(&log, p->b->store.data_fd, path, e);
	struct err ignored;

	if (r < 0)
		return r;
	r = step_box_run(box, b, lifetime, &log, &status, e);
	if (r == 0 && status != 0)
		r = failed(p, l, status, e);
	if (step_log_close(&log, r == 0, r == 0 ? e : &ignored) < 0 && r == 0)
		r = -e->code;
	if (r == -EIO && p->b->req->debug_shell)
		debug_shell(p, box, e);
	return r;
}

/* Elsewhere, such as in another sandbox, new files cannot be told apart: they are all the user's. */
static bool knows_owners(int upper)
{
	return fgetxattr(upper, OWNERS_XATTR, NULL, 0) >= 0;
}

/* The upper of an ended box becomes the layer. */
static int keep_upper(struct running *p, struct build_layer *l, const struct box *b,
		      const struct strv *mounts, struct err *e)
{
	cleanup_build_files struct build_files files = {0};
	cleanup_free char *path = xasprintf("boxes/%s/upper", b->id);
	cleanup_close int fd = -1;
	struct build_upper upper = {.meta_fd = -1};
	struct view view;
	int r = path_open_nolinks(p->b->store.data_fd, path, O_RDONLY | O_DIRECTORY, 0, &fd, e);

	if (r == 0)
		r = build_files_open(p->s, p->b->req->store, &files, e);
	if (r < 0)
		return r;
	view = build_files_view(&files);
	r = build_tidy(fd, &view, mounts, e);
	if (!knows_owners(fd)) {
		upper.uid = p->uid;
		upper.gid = p->gid;
	}
	upper.fd = fd;
	return r < 0 ? r : build_layer_make(p->b, l, &upper, p->s, e);
}

static void fill_box(struct running *p, struct image_root *root, struct step_box *box)
{
	const char *user = build_state_text(p->s, "User");
	struct settings *settings = p->network ? &p->b->open : &p->b->closed;
	const struct setting sudo = setting_of(KEY_SUDO, p->sudo ? "yes" : "no", "the image");

	settings_add(settings, &sudo);
	*box = (struct step_box){.store = &p->b->store,
				 .settings = settings,
				 .user = &p->b->user,
				 .root = root,
				 .bare = true,
				 .session = {.root = true,
					     .user = is_root(user) ? NULL : user,
					     .only_env = true,
					     .env = p->env,
					     .argv = p->argv.v},
				 .cwd = p->cwd,
				 .stop = registry_interrupted};
	root->plan.workdir = p->cwd;
}

/* The script of a here-document, beside those of --mount. */
static int add_script(const struct running *p, const struct box *b, struct build_mounts *out,
		      struct err *e)
{
	struct extra_mount m = {.read_only = true};
	int r = p->script ? write_script(p, b, &m.source, e) : 0;

	if (r < 0 || !p->script)
		return r;
	m.target = xasprintf(SCRIPTS "%s", p->step->of->in->heredocs[0].name);
	out->v = xrealloc(out->v, out->n + 1, sizeof(*out->v));
	out->v[out->n++] = m;
	return 0;
}

static int run_with(struct running *p, struct build_layer *l, struct build_mounts *mounts,
		    struct box *b, int lifetime, struct err *e)
{
	struct image_root root = {.lease = -1};
	cleanup_strv struct strv points = {0};
	struct step_box box;
	int r = build_files_paths(p->s, p->b->req->store, &root.lowers, e);

	for (size_t i = 0; i < mounts->n; i++)
		strv_push(&points, mounts->v[i].target);
	for (size_t i = 0; i < mounts->env.n; i++)
		strv_push(&p->env, mounts->env.v[i]);
	fill_box(p, &root, &box);
	box.mounts = mounts->v;
	box.n_mounts = mounts->n;
	if (r == 0)
		r = run_logged(p, l, &box, b, lifetime, e);
	if (r == 0 && !box_wait_gone(b, BOX_GONE_MS))
		r = err_set(e, EBUSY, "the box of the step does not end");
	if (r == 0)
		r = keep_upper(p, l, b, &points, e);
	strv_clear(&root.lowers);
	return r;
}

static int run_in(struct running *p, struct build_layer *l, struct box *b, int lifetime,
		  struct err *e)
{
	struct build_mounts mounts = {0};
	int r = build_mounts_open(p->b, p->s, p->step, b, &mounts, e);

	if (r == 0)
		r = add_script(p, b, &mounts, e);
	if (r < 0)
		dockerfile_err(p->b->req->graph->file->name, p->step->of->in->line, e);
	else
		r = run_with(p, l, &mounts, b, lifetime, e);
	build_mounts_close(p->b, &mounts);
	return r;
}

/* Holds the lifetime lock until the layer is made, so that no sweep removes the box. */
static int run_and_keep(struct running *p, struct build_layer *l, struct err *e)
{
	const struct digest none = {0};
	cleanup_close int lifetime = -1;
	cleanup_box struct box b = BOX_INIT;
	struct err ignored;
	int r = box_create_temporary(&p->b->store, NULL, "build", &none, false, &b, &lifetime, e);

	if (r < 0)
		return r;
	r = box_make_runtime(&p->b->store, &b, e);
	if (r == 0)
		r = run_in(p, l, &b, lifetime, e);
	box_wait_gone(&b, BOX_GONE_MS);
	box_remove(&p->b->store, &b, &ignored);
	return r;
}

static int find_or_run(struct running *p, struct build_layer *l, struct err *e)
{
	cleanup_close int lock = -1;
	int r = p->b->fresh ? 0 : build_layer_find(p->b, l, p->s, e);

	if (r == 0) {
		r = build_may_make(p->b, e);
		if (r == 0)
			r = build_layer_lock(p->b, l, &lock, e);
		if (r == 0 && !p->b->fresh)
			r = build_layer_find(p->b, l, p->s, e);
		if (r == 0)
			return run_and_keep(p, l, e);
	}
	if (r < 0)
		return r;
	build_note_found(p->b, p->title);
	return 0;
}

int build_run_step(struct build *b, struct build_state *s, const struct step *step,
		   const char *title, struct err *e)
{
	__attribute__((cleanup(running_clear))) struct running p = {
		.b = b, .s = s, .step = step, .title = title};
	cleanup_build_layer struct build_layer l = {0};
	cleanup_free char *text = NULL;
	cleanup_strv struct strv key = {0};
	const char *cwd = build_state_text(s, "WorkingDir");
	int r;

	p.cwd = xstrdup(*cwd ? cwd : "/");
	compose(&p);
	r = choose_network(&p, e);
	if (r < 0)
		return dockerfile_err(b->req->graph->file->name, step->of->in->line, e);
	add_env(&p, &key);
	if (is_root(build_state_text(s, "User")) && !variables_get(&s->env, "HOME"))
		strv_push(&p.env, "HOME=/root");
	r = find_user(&p, e);
	if (r == 0)
		r = describe(&p, &key, &text, e);
	if (r < 0)
		return dockerfile_err(b->req->graph->file->name, step->of->in->line, e);
	build_layer_init(b, s, text, &l);
	r = find_or_run(&p, &l, e);
	if (r == 0)
		note_history(&p, l.made);
	return r;
}
