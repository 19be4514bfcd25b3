/*
 * test_build_copy.c - the layers that COPY and ADD make, and their keys.
 *
 * Each test writes a context by a shell script, and compares the files of the last stage of a
 * Dockerfile, without RUN, with a list. What is expected are facts about BuildKit (tonistiigi/fsutil,
 * copy/copy.go, and frontend/dockerfile/dockerfile2llb), unless the reference says otherwise.
 */
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/spawn.h"
#include "build/copy.h"
#include "build/copy_view.h"
#include "build/steps.h"

#define LAYERS 16

#define TOP "/tmp/test-build-copy-XXXXXX"

static char top[] = TOP;
static int top_fd, context_fd, cache_fd;
static struct ignore ignored;

static void run_script(const char *script)
{
	cleanup_free char *all = xasprintf("cd %s/context\n%s", top, script);
	const char *const argv[] = {"sh", "-ec", all, NULL};
	const struct spawn sh = {.program = "/bin/sh", .argv = argv, .fds = SPAWN_ALL_SAME};
	struct err e;
	pid_t pid;

	assert_int_equal(spawn_start(&sh, &pid, &e), 0);
	assert_int_equal(spawn_wait(pid), 0);
}

static int begin(void **state)
{
	(void)state;
	memcpy(top, TOP, sizeof(TOP));
	assert_non_null(mkdtemp(top));
	top_fd = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(top_fd, "context", 0755), 0);
	assert_int_equal(mkdirat(top_fd, "cache", 0755), 0);
	context_fd = openat(top_fd, "context", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cache_fd = openat(top_fd, "cache", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ignore_clear(&ignored);
	umask(022);
	return 0;
}

static int end(void **state)
{
	struct err e;

	(void)state;
	close(top_fd);
	close(context_fd);
	close(cache_fd);
	ignore_clear(&ignored);
	return file_remove_tree(AT_FDCWD, top, &e);
}

/* The layers of a stage so far. */
struct stage {
	int layers[LAYERS], metas[LAYERS]; /* top first */
	size_t n;
};

static struct copy_tree tree_of(const struct stage *s)
{
	return (struct copy_tree){
		.name = "the stage", .layers = s->layers, .metas = s->metas, .n = s->n};
}

static void push(struct stage *s, int layer, int meta)
{
	memmove(s->layers + 1, s->layers, s->n * sizeof(int));
	memmove(s->metas + 1, s->metas, s->n * sizeof(int));
	s->layers[0] = layer;
	s->metas[0] = meta;
	s->n++;
}

static void new_layer(int *ret_layer, int *ret_meta)
{
	static unsigned int number;
	cleanup_free char *dir = xasprintf("layer%u", ++number);
	cleanup_free char *meta = xasprintf("%s.meta", dir);

	assert_int_equal(mkdirat(top_fd, dir, 0755), 0);
	*ret_layer = openat(top_fd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*ret_meta = openat(top_fd, meta, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static int do_step(struct copy_session *session, const struct step *step, struct stage *stages,
		   struct stage *s, const char *workdir, struct digest *ret_key, struct err *e)
{
	const struct source *source = step->of->sources;
	struct copy_tree context = {.name = "the context",
				    .layers = &context_fd,
				    .n = 1,
				    .is_context = true,
				    .ignore = &ignored};
	struct copy_tree from = source && source->kind == SOURCE_STAGE
					? tree_of(&stages[source->stage])
					: context;
	struct copy_tree base = tree_of(s);
	struct copy_request req = {.step = step,
				   .file = "Dockerfile",
				   .workdir = workdir,
				   .from = &from,
				   .base = &base,
				   .time = {.tv_sec = 1}};
	int layer, meta, r = copy_key(session, &req, ret_key, e);

	if (r < 0)
		return r;
	req.key = ret_key;
	new_layer(&layer, &meta);
	r = copy_step(session, &req, layer, meta, e);
	push(s, layer, meta);
	return r;
}

struct list {
	struct buf *out;
	const struct copy_view *v;
};

static int list_entry(void *ctx, const struct copy_entry *entry, struct err *e)
{
	struct list *l = ctx;
	cleanup_buf struct buf text = BUF_INIT;
	char target[PATH_MAX] = "";

	if (!*entry->path)
		return 0;
	buf_addf(l->out, "%c%o %u:%u %s", entry->type, entry->mode, entry->uid, entry->gid,
		 entry->path);
	if (entry->type == 'f' && file_read(entry->dir, entry->name, 4096, &text, e) == 0)
		buf_addf(l->out, " [%s]", text.data);
	if (entry->type == 'l' && readlinkat(entry->dir, entry->name, target, PATH_MAX - 1) > 0)
		buf_addf(l->out, " -> %s", target);
	if (entry->type == 'c' || entry->type == 'b')
		buf_addf(l->out, " %u,%u", entry->major, entry->minor);
	if (entry->meta && entry->meta->xattr_names.n)
		buf_addf(l->out, " %s=%zu", entry->meta->xattr_names.v[0],
			 entry->meta->xattr_values[0].len);
	buf_addstr(l->out, "\n");
	return 0;
}

static void list(struct stage *s, struct buf *out)
{
	const struct copy_filter all = {0};
	struct copy_tree tree = tree_of(s);
	cleanup_copy_view struct copy_view v = {0};
	struct list l = {.out = out, .v = &v};
	struct err e;

	assert_int_equal(copy_view_open(&tree, &v, &e), 0);
	assert_int_equal(copy_view_walk(&v, "", &all, list_entry, &l, NULL, &e), 0);
}

/* The files of the last stage, or the error; the keys of all steps. */
static int build(const char *text, struct buf *out, struct buf *keys)
{
	const struct graph_options options = {.build_platform = "linux/amd64",
					      .target_platform = "linux/amd64"};
	cleanup_dockerfile struct dockerfile file = {0};
	cleanup_graph struct graph g = {0};
	struct stage stages[4] = {0};
	struct steps steps[4];
	struct copy_session *session = NULL;
	const char *workdir = "/";
	struct err e;
	int r;

	assert_int_equal(dockerfile_parse(text, strlen(text), "Dockerfile", &file, &e), 0);
	if (graph_make(&file, &options, &g, &e) < 0 || steps_expand(&g, steps, &e) < 0)
		fail_msg("%s", e.msg);
	r = copy_session_open(cache_fd, &session, &e);
	for (size_t i = 0; i < g.n; i++)
		for (size_t k = 0; r == 0 && k < steps[i].n; k++) {
			const struct step *step = &steps[i].v[k];
			struct digest key = {0};

			if (step->of->in->kind == INSTRUCTION_WORKDIR)
				workdir = step->args.v[0];
			else
				r = do_step(session, step, stages, &stages[i], workdir, &key, &e);
			buf_addf(keys, "%s ", key.hex);
		}
	copy_session_close(session);
	if (r == 0)
		list(&stages[g.n - 1], out);
	else
		buf_addstr(out, e.msg);
	for (size_t i = 0; i < g.n; i++) {
		for (size_t k = 0; k < stages[i].n; k++) {
			close(stages[i].layers[k]);
			close(stages[i].metas[k]);
		}
		steps_clear(&steps[i]);
	}
	return r;
}

static void makes(const char *dockerfile, const char *expected)
{
	cleanup_buf struct buf out = BUF_INIT, keys = BUF_INIT;
	cleanup_free char *text = xasprintf("FROM scratch\n%s\n", dockerfile);

	build(text, &out, &keys);
	assert_string_equal(out.data, expected);
}

static void fails(const char *dockerfile, const char *message)
{
	int line = 2;

	/* The last step fails. */
	for (const char *s = dockerfile; *s; s++)
		line += *s == '\n';
	cleanup_free char *expected = xasprintf("Dockerfile:%d: %s", line, message);

	makes(dockerfile, expected);
}

static void destinations(void **state)
{
	(void)state;
	run_script("mkdir -m 700 d; echo -n 1 >d/x; echo -n 2 >f; chmod 750 f; mkdir d/sub");
	makes("COPY f /", "f750 0:0 f [2]\n");
	makes("COPY f /g", "f750 0:0 g [2]\n");
	makes("COPY f /g/", "d755 0:0 g\nf750 0:0 g/f [2]\n");
	makes("COPY f /a/b/", "d755 0:0 a\nd755 0:0 a/b\nf750 0:0 a/b/f [2]\n");
	makes("WORKDIR /w\nCOPY f g", "d755 0:0 w\nf750 0:0 w/g [2]\n");
	makes("WORKDIR /w\nCOPY f .", "d755 0:0 w\nf750 0:0 w/f [2]\n");
	makes("WORKDIR /w\nCOPY f ../x/../g", "f750 0:0 g [2]\n");
	/* a directory is its content; a destination that is made is 0755 */
	makes("COPY d /", "d755 0:0 sub\nf644 0:0 x [1]\n");
	makes("COPY d /d", "d755 0:0 d\nd755 0:0 d/sub\nf644 0:0 d/x [1]\n");
	makes("COPY . /c",
	      "d755 0:0 c\nd700 0:0 c/d\nd755 0:0 c/d/sub\nf644 0:0 c/d/x [1]\nf750 0:0 c/f [2]\n");
	/* into a directory that is there, or a new name */
	makes("COPY d /e/\nCOPY f /e",
	      "d755 0:0 e\nf750 0:0 e/f [2]\nd755 0:0 e/sub\nf644 0:0 e/x [1]\n");
	makes("COPY f d/x /two/", "d755 0:0 two\nf750 0:0 two/f [2]\nf644 0:0 two/x [1]\n");
	fails("COPY f d/x /two", "'/two' is the destination of several sources, and no directory: "
				 "it must end with a '/'");
	/* the text of the path, and then its symlinks, stay in the context */
	makes("COPY /../../f /g", "f750 0:0 g [2]\n");
	fails("COPY nosuch /", "'nosuch' does not exist in the context");
	makes("COPY [\"f\", \"/with blank\"]", "f750 0:0 with blank [2]\n");
}

static void conflicts(void **state)
{
	(void)state;
	run_script("mkdir -m 700 d d/x; echo -n 1 >f; echo -n 2 >g; mkdir e; ln -s d/x e/to; ln -s "
		   "/far e/abs");
	makes("COPY f /a/\nCOPY g /a/f", "d755 0:0 a\nf644 0:0 a/f [2]\n");
	makes("COPY f g /a/\nCOPY g f /a/", "d755 0:0 a\nf644 0:0 a/f [1]\nf644 0:0 a/g [2]\n");
	fails("COPY f /a/\nCOPY d /a/f", "'/a/f' of the stage is not a directory");
	fails("COPY f /a/d\nCOPY . /a",
	      "'d' is a directory, and '/a/d' of the stage is not: it cannot be replaced");
	fails("COPY . /a/\nCOPY f /a/x/\nCOPY a/x /a/", "'a/x' does not exist in the context");
	fails("COPY f /a/f/\nCOPY f /a",
	      "'/a/f' of the stage is a directory, and 'f' is not: it cannot be replaced");
	/* --link does not look at what is there */
	makes("COPY e /\nCOPY --link f /abs/",
	      "d755 0:0 abs\nf644 0:0 abs/f [1]\nl777 0:0 to -> d/x\n");
	makes("COPY f /x\nCOPY . /c\nCOPY f /c/d/y",
	      "d755 0:0 c\nd700 0:0 c/d\nd700 0:0 c/d/x\nf644 0:0 c/d/y [1]\nd755 0:0 c/e\n"
	      "l777 0:0 c/e/abs -> /far\nl777 0:0 c/e/to -> d/x\nf644 0:0 c/f [1]\nf644 0:0 c/g "
	      "[2]\nf644 0:0 x [1]\n");
	/* symlinks of the stage are followed beneath it; one that leads nowhere is made */
	makes("COPY e /\nCOPY f /abs/\nCOPY f /abs/new/",
	      "l777 0:0 abs -> /far\nd755 0:0 far\n"
	      "f644 0:0 far/f [1]\nd755 0:0 far/new\nf644 0:0 far/new/f [1]\nl777 0:0 to -> d/x\n");
	/* a file replaces a symlink of that name in a directory */
	makes("COPY e /e/\nCOPY f /e/to2\nCOPY e /\nCOPY f /link/\n",
	      "l777 0:0 abs -> /far\nd755 0:0 e\nl777 0:0 e/abs -> /far\nl777 0:0 e/to -> d/x\n"
	      "f644 0:0 e/to2 [1]\nd755 0:0 link\nf644 0:0 link/f [1]\nl777 0:0 to -> d/x\n");
}

static void owners_and_modes(void **state)
{
	(void)state;
	run_script("printf 'root:x:0:0::/:\\napp:x:70:71::/:\\n' >passwd; printf 'web:x:80:app\\n' "
		   ">group\n"
		   "mkdir d; echo -n 1 >d/s; chmod 4711 d/s; ln -s s d/l; echo -n 2 >f");
	makes("COPY --chown=5 d/s /new/s", "d755 5:5 new\nf4711 5:5 new/s [1]\n");
	makes("COPY --chown=5:6 d /x", "d755 5:6 x\nl777 5:6 x/l -> s\nf4711 5:6 x/s [1]\n");
	makes("COPY passwd group /etc/\nCOPY --chown=app f /a\nCOPY --chown=app:web f /b\nCOPY "
	      "--chown=:web f /c",
	      "f644 70:71 a [2]\nf644 70:80 b [2]\nf644 0:80 c [2]\nd755 0:0 etc\n"
	      "f644 0:0 etc/group [web:x:80:app\n]\n"
	      "f644 0:0 etc/passwd [root:x:0:0::/:\napp:x:70:71::/:\n]\n");
	makes("COPY --chown=root:root f /a\nCOPY --chown=0:root f /b",
	      "f644 0:0 a [2]\nf644 0:0 b [2]\n");
	/* as BuildKit does, with a note */
	makes("COPY --chown=nobody f /a\nCOPY --chown=1:nobody f /b\nCOPY --chown=nobody:5 f /c",
	      "f644 0:0 a [2]\nf644 1:1 b [2]\nf644 0:5 c [2]\n");
	makes("COPY --chmod=2750 d /x", "d750 0:0 x\nl777 0:0 x/l -> s\nf2750 0:0 x/s [1]\n");
	makes("COPY --chmod=7711 f /y/z/", "d711 0:0 y\nd711 0:0 y/z\nf7711 0:0 y/z/f [2]\n");
	makes("COPY --chmod=u=rwX,go=rX d /x", "d755 0:0 x\nl777 0:0 x/l -> s\nf755 0:0 x/s [1]\n");
	makes("COPY --chmod=go-rx,u+s f /", "f4600 0:0 f [2]\n");
	/* attributes of directories that are there stay; those of nested ones become the source's */
	makes("COPY --chown=7 --chmod=711 f /a/d/\nCOPY f /a/\nCOPY . /a/",
	      "d711 7:7 a\nd755 0:0 a/d\nf711 7:7 a/d/f [2]\nl777 0:0 a/d/l -> s\nf4711 0:0 a/d/s "
	      "[1]\nf644 0:0 a/f [2]\n"
	      "f644 0:0 a/group [web:x:80:app\n]\nf644 0:0 a/passwd "
	      "[root:x:0:0::/:\napp:x:70:71::/:\n]\n");
}

static void from_stages(void **state)
{
	cleanup_buf struct buf out = BUF_INIT, keys = BUF_INIT;

	(void)state;
	run_script("mkdir d; echo -n 1 >d/a; ln d/a d/b; mkfifo d/fifo; ln -s a d/l; echo -n 2 >f");
	build("FROM scratch AS one\nCOPY --chown=1:2 --chmod=4755 d /d/\nCOPY --chown=3 f /d/a\n"
	      "FROM scratch\nCOPY --from=one /d /x/\nCOPY --from=one /d/l /y\nCOPY --from=one "
	      "--chown=9 d/b /z\n",
	      &out, &keys);
	assert_string_equal(out.data,
			    "d755 0:0 x\nf644 3:3 x/a [2]\nf4755 1:2 x/b [1]\np4755 1:2 x/fifo\n"
			    "l777 1:2 x/l -> a\nf644 3:3 y [2]\nf4755 9:9 z [1]\n");
}

static void patterns(void **state)
{
	(void)state;
	run_script("mkdir -p src/a src/b .hidden; echo -n 1 >src/a/x.c; echo -n 2 >src/b/y.c; echo "
		   "-n 3 >src/z.h\n"
		   "echo -n 4 >'[x]'; echo -n 5 >.env; ln -s src link; echo -n 6 >$(printf "
		   "'new\\nline')");
	makes("COPY src/*/*.c /d/", "d755 0:0 d\nf644 0:0 d/x.c [1]\nf644 0:0 d/y.c [2]\n");
	makes("COPY src/** /d/",
	      "d755 0:0 d\nf644 0:0 d/x.c [1]\nf644 0:0 d/y.c [2]\nf644 0:0 d/z.h [3]\n");
	makes("COPY nosuch* src/z.? /d/", "d755 0:0 d\nf644 0:0 d/z.h [3]\n");
	makes("COPY [[]x] /d/", "d755 0:0 d\nf644 0:0 d/[x] [4]\n");
	makes("COPY .e[m-o]v /", "f644 0:0 .env [5]\n");
	makes("COPY new* /", "f644 0:0 new\nline [6]\n");
	/* a symlink that is named is followed; its name stays */
	makes("COPY lin? /d/", "d755 0:0 d\nd755 0:0 d/a\nf644 0:0 d/a/x.c [1]\nd755 0:0 d/b\n"
			       "f644 0:0 d/b/y.c [2]\nf644 0:0 d/z.h [3]\n");
	makes("COPY link/a/x.c /", "f644 0:0 x.c [1]\n");
	/* --exclude is relative to each source, and leaves out files that a pattern matched */
	makes("COPY --exclude=*.h --exclude=b src /d/",
	      "d755 0:0 d\nd755 0:0 d/a\nf644 0:0 d/a/x.c [1]\n");
	makes("COPY --exclude=*.c src/a/* src/z* /d/", "d755 0:0 d\nf644 0:0 d/z.h [3]\n");
	/* --parents */
	makes("COPY --parents src/a/x.c ./src/z.h /p/",
	      "d755 0:0 p\nd755 0:0 p/src\nd755 0:0 p/src/a\n"
	      "f644 0:0 p/src/a/x.c [1]\nf644 0:0 p/src/z.h [3]\n");
	makes("COPY --parents src/./*/*.c /p/", "d755 0:0 p\nd755 0:0 p/a\nf644 0:0 p/a/x.c [1]\n"
						"d755 0:0 p/b\nf644 0:0 p/b/y.c [2]\n");
	makes("COPY --parents **/*.h /p/", "d755 0:0 p\nd755 0:0 p/src\nf644 0:0 p/src/z.h [3]\n");
	makes("COPY --parents src/b /p/",
	      "d755 0:0 p\nd755 0:0 p/src\nd755 0:0 p/src/b\nf644 0:0 p/src/b/y.c [2]\n");
	fails("COPY --parents src/nosuch /p/", "'src/nosuch' does not exist in the context");
	fails("COPY a[ /p/",
	      "'a[' is not a pattern: a '[' without its ']', an empty class, or a '\\' at the end");
}

static void ignores(const char *text)
{
	struct err e;

	ignore_clear(&ignored);
	assert_int_equal(ignore_parse(text, strlen(text), ".dockerignore", &ignored, &e), 0);
}

static void ignored_files(void **state)
{
	(void)state;
	run_script("mkdir -p a/keep b; echo -n 1 >a/x; echo -n 2 >a/keep/y; echo -n 3 >b/z; echo "
		   "-n 4 >f");
	ignores("# comment\na\nf\n!a/keep/y\n");
	makes("COPY . /",
	      "d755 0:0 a\nd755 0:0 a/keep\nf644 0:0 a/keep/y [2]\nd755 0:0 b\nf644 0:0 b/z [3]\n");
	makes("COPY a /", "d755 0:0 keep\nf644 0:0 keep/y [2]\n");
	makes("COPY * /d/",
	      "d755 0:0 d\nd755 0:0 d/keep\nf644 0:0 d/keep/y [2]\nf644 0:0 d/z [3]\n");
	fails("COPY f /", "'f' is not in the context: line 3 of its .dockerignore leaves it out");
	fails("COPY a/x /",
	      "'a/x' is not in the context: line 2 of its .dockerignore leaves it out");
}

/* So many files that several threads list them. */
static void large_contexts(void **state)
{
	cleanup_buf struct buf all = BUF_INIT, keys = BUF_INIT, alone = BUF_INIT, same = BUF_INIT;
	cpu_set_t cpus, one;

	(void)state;
	run_script(
		"for d in $(seq -w 120); do mkdir -p p$((1$d % 7))/$d/deep left-out/$d; (cd p*/$d; "
		"touch $(seq -w 30) deep/x); touch left-out/$d/x; done");
	ignores("left-out\n**/deep\n!p3/*/deep/x");
	assert_int_equal(build("FROM scratch\nCOPY . /\n", &all, &keys), 0);
	assert_non_null(strstr(all.data, "f644 0:0 p0/001/07 []\n"));
	assert_non_null(strstr(all.data, "f644 0:0 p3/004/deep/x []\n"));
	assert_null(strstr(all.data, "left-out"));
	assert_null(strstr(all.data, "p0/001/deep"));
	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	CPU_ZERO(&one);
	for (int i = 0; !CPU_COUNT(&one); i++)
		if (CPU_ISSET(i, &cpus))
			CPU_SET(i, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(build("FROM scratch\nCOPY . /\n", &alone, &same), 0);
	assert_int_equal(sched_setaffinity(0, sizeof(cpus), &cpus), 0);
	assert_string_equal(alone.data, all.data);
	assert_string_equal(same.data, keys.data);
	if (geteuid() == 0)
		return;
	run_script("chmod 0 p0/001");
	fails("COPY . /", "cannot open 'p0/001': Permission denied");
	run_script("chmod 755 p0/001");
}

static void links_and_special_files(void **state)
{
	(void)state;
	run_script("mkdir d; echo -n 1 >d/a; ln d/a d/b; ln -s ../../../etc/passwd d/out; ln -s "
		   "/etc/shadow out\n"
		   "mkfifo d/fifo; chmod 640 d/fifo;\n"
		   "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"d/socket\")'");
	makes("COPY d /", "f644 0:0 a [1]\nf644 0:0 b [1]\np640 0:0 fifo\nl777 0:0 out -> "
			  "../../../etc/passwd\n");
	fails("COPY out /", "'out' does not exist in the context");
	fails("COPY d/out /", "'d/out' does not exist in the context");
	fails("COPY d/socket /", "'d/socket' is a socket: no image can hold it");
	/* a capability of a user namespace is one of any in an image */
	run_script(
		"echo -n 1 >cap; PATH=$PATH:/usr/sbin:/sbin unshare -Ur setcap cap_net_raw+ep cap");
	makes("COPY cap /", "f644 0:0 cap [1] security.capability=20\n");
	run_script("touch .wh.x");
	fails("COPY .wh.x /", "'.wh.x' would remove another file: no layer can hold this name");
}

static void here_documents(void **state)
{
	(void)state;
	makes("ARG x=1\nCOPY <<A <<\"B\" /d/\n$x\nA\n$x\nB\n",
	      "d755 0:0 d\nf644 0:0 d/A [1\n]\nf644 0:0 d/B [$x\n]\n");
}

static void archives(void **state)
{
	(void)state;
	run_script("mkdir -p t/etc t/d; echo -n 1 >t/etc/x; ln -s /etc t/link; ln t/etc/x t/d/y; "
		   "echo -n 2 >f\n"
		   "tar -C t --owner=5 --group=6 -cf a.tar .; gzip -k a.tar; xz -k a.tar; bzip2 -k "
		   "a.tar; zstd -q -k a.tar\n"
		   "mv a.tar.zst plain-name; : >empty.tar.gz; head -c 600 a.tar.gz >cut.tar.gz\n"
		   "mkdir w; touch w/.wh.etc; tar -C w -cf whiteout.tar .; tar -P "
		   "--transform='s,^,../,' -cf out.tar f\n"
		   "tar --owner=0 --group=0 -cf through.tar --transform='s,^f,link/deep/f,' f");
	static const char *const all[] = {"a.tar", "a.tar.gz", "a.tar.xz", "a.tar.bz2",
					  "plain-name"};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		cleanup_free char *text = xasprintf("ADD %s /x", all[i]);

		makes(text, "d755 0:0 x\nd755 5:6 x/d\nf644 5:6 x/d/y [1]\nd755 5:6 x/etc\nf644 "
			    "5:6 x/etc/x [1]\n"
			    "l777 5:6 x/link -> /etc\n");
	}
	makes("ADD --chown=9 a.tar /", "d755 9:9 d\nf644 9:9 d/y [1]\nd755 9:9 etc\nf644 9:9 etc/x "
				       "[1]\nl777 9:9 link -> /etc\n");
	makes("ADD --chown=9 --chmod=4700 a.tar /n/x",
	      "d755 9:9 n\nd755 9:9 n/x\nd755 9:9 n/x/d\nf644 9:9 n/x/d/y [1]\n"
	      "d755 9:9 n/x/etc\nf644 9:9 n/x/etc/x [1]\nl777 9:9 n/x/link -> /etc\n");
	makes("ADD empty.tar.gz f /x/",
	      "d755 0:0 x\nf644 0:0 x/empty.tar.gz []\nf644 0:0 x/f [2]\n");
	makes("ADD --unpack=false whiteout.tar /x\nCOPY f /x", "f644 0:0 x [2]\n");
	/* onto what is there: directories merge, and what the archive lists wins */
	makes("COPY --chown=3 f /x/etc/old\nCOPY --chown=4 f /x/d/y\nADD a.tar /x",
	      "d755 3:3 x\nd755 5:6 x/d\nf644 5:6 x/d/y [1]\nd755 5:6 x/etc\nf644 3:3 x/etc/old "
	      "[2]\n"
	      "f644 5:6 x/etc/x [1]\nl777 5:6 x/link -> /etc\n");
	/* a symlink is followed as if the destination were the top */
	makes("ADD a.tar through.tar /x/",
	      "d755 0:0 x\nd755 5:6 x/d\nf644 5:6 x/d/y [1]\nd755 5:6 x/etc\nd755 0:0 x/etc/deep\n"
	      "f644 0:0 x/etc/deep/f [2]\nf644 5:6 x/etc/x [1]\nl777 5:6 x/link -> /etc\n");
	fails("ADD whiteout.tar /x", "cannot unpack 'whiteout.tar': its entry '.wh.etc' would "
				     "remove another file: no layer can hold this name");
	fails("ADD out.tar /x",
	      "cannot unpack 'out.tar': the entry '../f' leads out of the layer by '..'");
}

static char *key_of(const char *dockerfile)
{
	cleanup_buf struct buf out = BUF_INIT, keys = BUF_INIT;
	cleanup_free char *text = xasprintf("FROM scratch\n%s\n", dockerfile);

	if (build(text, &out, &keys) < 0)
		fail_msg("%s", out.data);
	return buf_detach(&keys);
}

/* Does the script change the key of the step? */
static bool changes_key(const char *dockerfile, const char *script)
{
	cleanup_free char *before = key_of(dockerfile), *after = NULL;

	run_script(script);
	after = key_of(dockerfile);
	return !streq(before, after);
}

static void keys(void **state)
{
	cleanup_free char *one = NULL, *other = NULL;

	(void)state;
	run_script("mkdir d; echo 1 >d/x; echo 2 >d/y; ln -s x d/l; echo 3 >f; truncate -s 100M "
		   "sparse");
	ignores("*.log");
	assert_false(
		changes_key("COPY . /", "sleep 0.1; touch d d/x f; cp f g; mv g f; touch new.log"));
	assert_false(changes_key("COPY d /", "echo 4 >f"));
	assert_false(changes_key("COPY sparse /", "cp --sparse=never sparse full; mv full sparse"));
	assert_true(changes_key("COPY . /", "echo 5 >d/x"));
	assert_true(changes_key("COPY d /", "chmod 600 d/x"));
	assert_true(changes_key("COPY d /", "ln -sf y d/l"));
	assert_true(changes_key("COPY d /", "mv d/x d/z"));
	assert_true(changes_key("COPY d /", "mkdir d/new"));
	assert_true(
		changes_key("COPY sparse /",
			    "printf x | dd of=sparse bs=1 seek=50000000 conv=notrunc status=none"));
	/* a layer keeps hard links within a source */
	assert_true(changes_key("COPY d /", "ln d/z d/w"));
	assert_true(changes_key("COPY d /", "cp d/w d/v; mv d/v d/w"));
	assert_false(changes_key("COPY d /", "ln d/z elsewhere"));
	one = key_of("COPY f /a");
	other = key_of("COPY f /b");
	assert_string_not_equal(one, other);
	/* what the last build knew, or damaged */
	assert_false(changes_key("COPY . /", "for f in ../cache/*; do printf x | dd of=$f bs=1 "
					     "seek=200 conv=notrunc status=none; done"));
	assert_false(changes_key("COPY . /", "for f in ../cache/*; do : >$f; done"));
}

/* Answers each request to a proxy by its URL, until it is killed. */
static void serve(int listener)
{
	static const char *const answers[][2] = {
		{"http://there/d/a%20file?x=1",
		 "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n"
		 "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\none"},
		{"http://there/moved", "HTTP/1.1 302 Found\r\nLocation: /d/a%20file?x=1\r\n"
				       "Content-Length: 0\r\nConnection: close\r\n\r\n"},
		{"http://there/out", "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n"
				     "Content-Length: 0\r\nConnection: close\r\n\r\n"},
	};

	for (;;) {
		const char *answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n"
				     "Connection: close\r\n\r\n";
		char request[4096] = "";
		int fd = accept(listener, NULL, NULL);

		if (read(fd, request, sizeof(request) - 1) < 0)
			_exit(1);
		for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
			if (strncmp(request + strlen("GET "), answers[i][0],
				    strlen(answers[i][0])) == 0)
				answer = answers[i][1];
		if (write(fd, answer, strlen(answer)) < 0)
			_exit(1);
		close(fd);
	}
}

static void urls(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	cleanup_close int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cleanup_free char *proxy = NULL;
	pid_t pid;

	(void)state;
	unsetenv("http_proxy");
	fails("ADD http://127.0.0.1:9/x /", "cannot add 'http://127.0.0.1:9/x': its address is "
					    "this machine's, or one that is never reached");
	fails("ADD http://[::ffff:169.254.169.254]/x /",
	      "cannot add 'http://[::ffff:169.254.169.254]/x': its address is this machine's, or "
	      "one that is never reached");
	assert_int_equal(bind(listener, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(listener, 5), 0);
	getsockname(listener, (struct sockaddr *)&at, &len);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener);
	}
	proxy = xasprintf("http://127.0.0.1:%d", ntohs(at.sin_port));
	setenv("http_proxy", proxy, 1);
	makes("ADD http://there/d/a%20file?x=1 /d/", "d755 0:0 d\nf600 0:0 d/a file [one]\n");
	makes("ADD --chmod=644 --chown=5 http://there/moved /x", "f644 5:5 x [one]\n");
	makes("ADD "
	      "--checksum=sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed "
	      "http://there/moved /",
	      "f600 0:0 moved [one]\n");
	fails("ADD "
	      "--checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 "
	      "http://there/moved /",
	      "cannot add 'http://there/moved': it has the digest "
	      "sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed, --checksum "
	      "says "
	      "sha256:0000000000000000000000000000000000000000000000000000000000000000");
	fails("ADD http://there/gone /", "cannot add 'http://there/gone': the server answers 404");
	fails("ADD http://there/out /",
	      "cannot add 'http://there/out': it sends us to 'file:///etc/passwd': refused");
	fails("ADD http://there/ /",
	      "cannot add 'http://there/': its path has no name for the file");
	unsetenv("http_proxy");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(destinations, begin, end),
		cmocka_unit_test_setup_teardown(conflicts, begin, end),
		cmocka_unit_test_setup_teardown(owners_and_modes, begin, end),
		cmocka_unit_test_setup_teardown(from_stages, begin, end),
		cmocka_unit_test_setup_teardown(patterns, begin, end),
		cmocka_unit_test_setup_teardown(ignored_files, begin, end),
		cmocka_unit_test_setup_teardown(large_contexts, begin, end),
		cmocka_unit_test_setup_teardown(links_and_special_files, begin, end),
		cmocka_unit_test_setup_teardown(here_documents, begin, end),
		cmocka_unit_test_setup_teardown(archives, begin, end),
		cmocka_unit_test_setup_teardown(keys, begin, end),
		cmocka_unit_test_setup_teardown(urls, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
