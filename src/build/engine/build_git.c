/*
 * build_git.c - see build_git.h.
 *
 * Everything that a repository has is a stranger's: git itself runs in a box, and what it wrote is
 * opened beneath the directory that the box had. Files get the time of the commit, so that the same
 * commit is the same layer.
 */
#include "build/engine/build_git.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "box/box_create.h"
#include "build/git_source.h"
#include "image/name/hash.h"
#include "image/registry/registry.h"
#include "prepare/step_box.h"
#include "prepare/step_log.h"
#include "rootfs/image.h"

#define REFS_MAX (1u << 20)
#define PLACE	 "/git" /* in a box: the directory of the fetch, and what is lent */
#define AGENT	 "/git-agent"
#define HOSTS	 "/git-known-hosts"

/* Without hooks and templates, and with no other protocol than those of a source. */
#define SCRIPT_BEGIN                                                                               \
	"command -v git >/dev/null || { echo 'git is not installed on this machine'; exit 127; "   \
	"}\n"                                                                                      \
	"g() { git -c core.hooksPath=/dev/null -c init.templateDir= -c advice.detachedHead=false " \
	"-c safe.directory='*' -c gc.auto=0 \"$@\"; }\n"                                           \
	"umask 022\n"                                                                              \
	"url=$1 ref=$2 commit=$3 keep=$4 submodules=$5\n"

static const char look_up[] = SCRIPT_BEGIN "g ls-remote -- \"$url\" \"$ref\" \"$ref^{}\" >" PLACE
					   "/refs\n";

/*
 * Some servers give a commit only to those who ask for a ref, and some nothing but everything. The
 * submodules are those of the commit, as BuildKit fetches them.
 */
static const char fetch[] = SCRIPT_BEGIN
	"mkdir " PLACE "/r\n"
	"cd " PLACE "/r\n"
	"g init -q .\n"
	"g remote add origin \"$url\"\n"
	"g fetch -q --depth=1 --no-tags origin \"$commit\" 2>/dev/null ||\n"
	"	{ g fetch -q --depth=1 --no-tags origin \"$ref\" 2>/dev/null &&\n"
	"	g cat-file -e \"$commit^{commit}\" 2>/dev/null; } ||\n"
	"	g fetch -q --tags origin '+refs/heads/*:refs/remotes/origin/*'\n"
	"g checkout -q --detach \"$commit\"\n"
	"if [ \"$submodules\" = 1 ] && [ -f .gitmodules ]; then\n"
	"	g submodule -q update --init --recursive --depth=1 ||\n"
	"		g submodule -q update --init --recursive\n"
	"fi\n"
	"time=$(g log -1 --format=%ct)\n"
	"[ \"$keep\" = 1 ] || find . -name .git -prune -exec rm -rf {} +\n"
	"find . -exec touch -h -d \"@$time\" {} + || :\n";

/* A repository in one manner. */
struct build_git {
	struct build_git *next;
	char *text;
	bool by_flag; /* --keep-git-dir */
	struct git_source source;
	char commit[GIT_COMMIT_MAX];
	struct digest key;
	char *name;  /* for messages */
	char *dir;   /* in the store; NULL: it is not fetched */
	int top;     /* of the files that are meant; or -1 */
	pid_t owner; /* the process that has fetched it */
};

static void git_free(struct build *b, struct build_git *g)
{
	struct err ignored;

	close_fd(&g->top);
	if (g->dir && g->owner == getpid())
		image_store_discard(b->req->store, g->dir, &ignored);
	git_source_clear(&g->source);
	free(g->text);
	free(g->name);
	free(g->dir);
	free(g);
}

void build_git_free(struct build *b)
{
	while (b->gits) {
		struct build_git *g = b->gits;

		b->gits = g->next;
		git_free(b, g);
	}
}

/* The first one is written to. */
static void add_mount(struct extra_mount *v, size_t *n, char *source, const char *target)
{
	v[*n] = (struct extra_mount){
		.source = source, .target = xstrdup(target), .read_only = *n > 0};
	(*n)++;
}

/* The agent of --ssh, and the hosts that the user's ssh knows: no other is trusted. */
static int lend_ssh(const struct build *b, struct extra_mount *v, size_t *n, struct strv *env,
		    struct err *e)
{
	cleanup_free char *home = user_home(&b->user);
	char *hosts = path_join(home, ".ssh/known_hosts");
	const struct build_lent *agent = NULL;
	struct stat st;

	for (size_t i = 0; i < b->req->n_agents; i++)
		if (streq(b->req->agents[i].id, "default"))
			agent = &b->req->agents[i];
	if (stat(hosts, &st) == 0)
		add_mount(v, n, hosts, HOSTS);
	else
		free(hosts);
	if (!agent)
		return err_set(e, ENOENT,
			       "it is fetched by SSH, which needs an agent: give one with --ssh "
			       "default");
	if (stat(agent->path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return err_set(e, ENOENT, "'%s' of --ssh is not the socket of an agent",
			       agent->path);
	add_mount(v, n, xstrdup(agent->path), AGENT);
	strv_push(env, "SSH_AUTH_SOCK=" AGENT);
	strv_push(env, "GIT_SSH_COMMAND=ssh -F /dev/null -o BatchMode=yes -o "
		       "StrictHostKeyChecking=yes -o UserKnownHostsFile=" HOSTS);
	return 0;
}

static void set_env(struct strv *env)
{
	static const char *const own[] = {"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
					  "HOME=/nonexistent",
					  "LC_ALL=C.UTF-8",
					  "GIT_CONFIG_NOSYSTEM=1",
					  "GIT_CONFIG_GLOBAL=/dev/null",
					  "GIT_TERMINAL_PROMPT=0",
					  "GIT_ALLOW_PROTOCOL=https:http:ssh:git"};
	static const char *const proxies[] = {"http_proxy", "https_proxy", "no_proxy", "all_proxy",
					      "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		strv_push(env, own[i]);
	for (size_t i = 0; i < ARRAY_SIZE(proxies); i++)
		if (getenv(proxies[i]))
			strv_push_take(env, xasprintf("%s=%s", proxies[i], getenv(proxies[i])));
}

/* Runs the box until it has ended, with its output in a log; returns its status in *ret_status. */
static int run_box(struct step_box *box, struct step_log *log, int *ret_status, struct err *e)
{
	const struct digest none = {0};
	cleanup_close int lifetime = -1;
	cleanup_box struct box made = BOX_INIT;
	struct err ignored;
	int r = box_create_temporary(box->store, NULL, "git", &none, false, &made, &lifetime, e);

	if (r < 0)
		return r;
	r = box_make_runtime(box->store, &made, e);
	if (r == 0)
		r = step_box_run(box, &made, lifetime, log, ret_status, e);
	box_wait_gone(&made, BOX_GONE_MS);
	box_remove(box->store, &made, &ignored);
	return r;
}

static int run_logged(struct build *b, const struct build_git *g, struct step_box *box,
		      const char *doing, const char *done, struct err *e)
{
	struct step_log log = {
		.step = {.number = 1, .of = 1, .title = g->name, .doing = doing, .done = done}};
	cleanup_free char *path = xasprintf("steps/build-%s.log", g->key.hex);
	int status = 125, r = step_log_open(&log, b->store.data_fd, path, e);
	struct err ignored;

	if (r < 0)
		return r;
	r = run_box(box, &log, &status, e);
	if (r == 0 && registry_interrupted())
		r = err_set(e, EINTR, "interrupted");
	else if (r == 0 && status != 0)
		r = err_set(e, EIO,
			    "git failed with status %d: its last lines stand above, all of them "
			    "are in '%s/%s'",
			    status, b->store.data, path);
	if (step_log_close(&log, r == 0, r == 0 ? e : &ignored) < 0 && r == 0)
		r = -e->code;
	return r;
}

/* Runs the script on this machine's own files, with g->dir at PLACE. */
static int run_git(struct build *b, struct build_git *g, const char *script, const char *doing,
		   const char *done, struct err *e)
{
	const struct git_source *s = &g->source;
	cleanup_image_root struct image_root root = IMAGE_ROOT_INIT;
	struct image_request image = {.store = &b->store, .image = "host"};
	cleanup_strv struct strv env = {0}, argv = {0};
	struct extra_mount mounts[3];
	const char *const words[] = {"/bin/sh",
				     "-ec",
				     script,
				     "git",
				     s->url,
				     s->ref ? s->ref : "HEAD",
				     g->commit,
				     s->keep_git_dir ? "1" : "0",
				     s->submodules ? "1" : "0"};
	struct step_box box = {.store = &b->store,
			       .settings = &b->open,
			       .user = &b->user,
			       .root = &root,
			       .mounts = mounts,
			       .session = {.root = true, .only_env = true},
			       .cwd = "/",
			       .stop = registry_interrupted};
	size_t n = 0;
	int r;

	if (b->network_denied)
		return err_set(e, EPERM, "%s denies the network", b->network_denied);
	set_env(&env);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		strv_push(&argv, words[i]);
	add_mount(mounts, &n, xasprintf("%s/%s", b->req->store->path, g->dir), PLACE);
	r = s->by_ssh ? lend_ssh(b, mounts, &n, &env, e) : 0;
	if (r == 0)
		r = image_resolve(&image, &root, e);
	box.n_mounts = n;
	box.session.env = env;
	box.session.argv = argv.v;
	if (r == 0)
		r = run_logged(b, g, &box, doing, done, e);
	for (size_t i = 0; i < n; i++) {
		free(mounts[i].source);
		free(mounts[i].target);
	}
	return r;
}

static int make_dir(struct build *b, struct build_git *g, int *ret_fd, struct err *e)
{
	g->owner = getpid();
	return image_store_tmpdir(b->req->store, &g->dir, ret_fd, e);
}

static void remove_dir(struct build *b, struct build_git *g)
{
	struct err ignored;

	if (g->dir)
		image_store_discard(b->req->store, g->dir, &ignored);
	free(take_ptr(g->dir));
}

static int read_refs(int dir, struct build_git *g, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_close int fd = -1;
	int r = path_open_nolinks(dir, "refs", O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, e);

	if (r == 0)
		r = file_read_fd(fd, "the list of refs", REFS_MAX, &text, e);
	return r < 0 ? r : git_find_commit(text.data, g->source.ref, g->commit, e);
}

/* A commit needs no look at the repository. */
static int find_commit(struct build *b, struct build_git *g, struct err *e)
{
	cleanup_close int dir = -1;
	int r;

	if (g->source.ref && git_is_commit(g->source.ref)) {
		memcpy(g->commit, g->source.ref, strlen(g->source.ref) + 1);
		return 0;
	}
	r = make_dir(b, g, &dir, e);
	if (r == 0)
		r = run_git(b, g, look_up, "looking up", "looked up", e);
	if (r == 0)
		r = read_refs(dir, g, e);
	remove_dir(b, g);
	return r;
}

static void set_key(struct build_git *g)
{
	cleanup_free char *text = xasprintf("git %s\n%s\n%d %d\n", g->commit,
					    g->source.subdir ? g->source.subdir : "",
					    g->source.keep_git_dir, g->source.submodules);

	hash_bytes(text, strlen(text), &g->key);
}

static int add(struct build *b, const char *text, bool keep_git_dir, struct build_git **ret,
	       struct err *e)
{
	struct build_git *g = xcalloc(1, sizeof(*g));
	int r = git_source_parse(text, &g->source, e);

	g->top = -1;
	g->text = xstrdup(text);
	g->by_flag = keep_git_dir;
	hash_bytes(text, strlen(text), &g->key);
	g->source.keep_git_dir |= keep_git_dir;
	g->name = xasprintf("the repository '%s'", r == 0 ? g->source.shown : "");
	if (r == 0 && find_commit(b, g, e) < 0)
		r = err_add(e, "cannot fetch '%s'", g->source.shown);
	if (r < 0) {
		git_free(b, g);
		return r;
	}
	set_key(g);
	g->next = b->gits;
	b->gits = *ret = g;
	return 0;
}

/* Once a build: what a ref means does not change meanwhile. */
static int find(struct build *b, const char *text, bool keep_git_dir, const char *checksum,
		struct build_git **ret, struct err *e)
{
	struct build_git *g = b->gits;
	int r;

	while (g && (!streq(g->text, text) || g->by_flag != keep_git_dir))
		g = g->next;
	r = g ? 0 : add(b, text, keep_git_dir, &g, e);
	if (r == 0)
		r = git_check_commit(g->commit, g->source.checksum, e);
	if (r == 0)
		r = git_check_commit(g->commit, checksum, e);
	if (r < 0)
		return g ? err_add(e, "'%s'", g->source.shown) : r;
	*ret = g;
	return 0;
}

static int fetch_files(struct build *b, struct build_git *g, struct err *e)
{
	cleanup_free char *path = xasprintf("r/%s", g->source.subdir ? g->source.subdir : "");
	cleanup_close int dir = -1, repository = -1;
	int r;

	if (g->dir)
		return 0;
	r = make_dir(b, g, &dir, e);
	if (r == 0)
		r = run_git(b, g, fetch, "fetching", "fetched", e);
	if (r == 0)
		r = path_open_nolinks(dir, "r", O_RDONLY | O_DIRECTORY, 0, &repository, e);
	/* A symlink leads nowhere but into the repository. */
	if (r == 0)
		r = path_open_beneath(repository, path + 1, O_RDONLY | O_DIRECTORY, 0, &g->top, e);
	if (r == 0)
		return 0;
	remove_dir(b, g);
	if (r == -ENOENT || r == -ENOTDIR)
		err_set(e, ENOENT, "it has no directory '%s'", path + 2);
	return err_add(e, "cannot fetch '%s'", g->source.shown);
}

static void set_tree(const struct build_git *g, struct copy_tree *ret)
{
	*ret = (struct copy_tree){.name = g->name,
				  .layers = &g->top,
				  .n = g->top >= 0,
				  .is_context = true,
				  .key = &g->key};
}

int build_git_find(struct build *b, const char *text, bool keep_git_dir, const char *checksum,
		   struct copy_tree *ret, struct err *e)
{
	struct build_git *g;
	int r = find(b, text, keep_git_dir, checksum, &g, e);

	if (r == 0)
		set_tree(g, ret);
	return r;
}

int build_git_fetch(struct build *b, const char *text, bool keep_git_dir, const char *checksum,
		    struct copy_tree *ret, struct err *e)
{
	struct build_git *g;
	int r = find(b, text, keep_git_dir, checksum, &g, e);

	if (r == 0)
		r = fetch_files(b, g, e);
	if (r == 0)
		set_tree(g, ret);
	return r;
}
