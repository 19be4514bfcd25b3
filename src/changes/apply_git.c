/*
 * apply_git.c - judging each step by its place in git data.
 *
 * Git runs and obeys much of what is in a repository, and recognizes one by its looks: a directory
 * called .git, the target of a file or symlink of that name, and any directory with HEAD, objects
 * and refs (or HEAD and commondir). So names decide; and for the last kind the files of the host
 * and those that are added count together: they must not form a repository only in combination.
 */
#include "changes/apply_git.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/git_index.h"
#include "base/path.h"
#include "grant/git_names.h"

#define REF_MAX	   4096
#define PACKED_MAX (64u << 20)
#define MAX_DEPTH  512

/* A verdict: the reason why a step is left behind, or one of these. */
static const char take[] = "", pass[] = "";

static const char elsewhere[] = "it would lead git to other data";
static const char obeyed[] = "git on the host runs or obeys it";
static const char becomes[] = "the directory would be a repository of git's by it";
static const char no_ref[] = "it is not a reference that git should see";

enum part { HEAD = 1, OBJECTS = 2, REFS = 4, COMMONDIR = 8 };

static const struct {
	const char *name;
	enum part part;
} parts[] = {{"HEAD", HEAD}, {"objects", OBJECTS}, {"refs", REFS}, {"commondir", COMMONDIR}};

/* A directory that gets parts of a repository. */
struct candidate {
	char *dir;
	unsigned int parts;
};

struct known {
	char *dir;
	bool is_repository;
};

struct sorting {
	const struct apply_plan *plan;
	struct candidate *fresh; /* sorted by dir: repositories that the host does not have */
	size_t n_fresh;
	struct known known[MAX_DEPTH]; /* the directories on the way to the previous step */
	char *packed_of;	       /* the git directory that was checked last: */
	bool packed_safely;
};

static bool exists(const char *dir, const char *name)
{
	cleanup_free char *path = path_join(dir, name);

	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_whole(unsigned int has)
{
	return has & HEAD && ((has & OBJECTS && has & REFS) || has & COMMONDIR);
}

static unsigned int parts_of_host(const char *dir)
{
	unsigned int has = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if ((i == 0 || has & HEAD) && exists(dir, parts[i].name))
			has |= parts[i].part;
	return has;
}

static unsigned int part_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strcasecmp(name, parts[i].name) == 0)
			return parts[i].part;
	return 0;
}

static int by_dir(const void *a, const void *b)
{
	return strcmp(((const struct candidate *)a)->dir, ((const struct candidate *)b)->dir);
}

/*
 * Merges the parts of each directory; keeps only those that become a repository by what is added.
 */
static void merge(struct sorting *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n_fresh;) {
		struct candidate c = s->fresh[i++];
		unsigned int host;

		for (; i < s->n_fresh && streq(s->fresh[i].dir, c.dir); i++) {
			c.parts |= s->fresh[i].parts;
			free(s->fresh[i].dir);
		}
		host = parts_of_host(c.dir);
		/* Only HEAD was looked up if it is missing. */
		for (size_t j = 1; !(host & HEAD) && j < ARRAY_SIZE(parts); j++)
			if (exists(c.dir, parts[j].name))
				host |= parts[j].part;
		if (is_whole(c.parts | host) && !is_whole(host))
			s->fresh[kept++] = c;
		else
			free(c.dir);
	}
	s->n_fresh = kept;
}

static void find_fresh(struct sorting *s)
{
	const struct apply_plan *p = s->plan;

	s->fresh = xcalloc(p->n + 1, sizeof(*s->fresh));
	for (size_t i = 0; i < p->n; i++) {
		const char *name = path_basename(p->v[i].path);
		unsigned int part = p->v[i].change.kind == CHANGE_DELETED ? 0 : part_of(name);

		if (part && name > p->v[i].path + 1)
			s->fresh[s->n_fresh++] = (struct candidate){
				xstrndup(p->v[i].path, (size_t)(name - p->v[i].path) - 1), part};
	}
	if (s->n_fresh)
		qsort(s->fresh, s->n_fresh, sizeof(*s->fresh), by_dir);
	merge(s);
}

/* The present content, of bounded size; nothing for a deleted file. */
static bool read_change(const struct apply_step *step, size_t max, struct buf *out)
{
	cleanup_close int fd = -1;
	struct err ignored;

	return change_open(&step->change, &fd, &ignored) == 0 &&
	       file_read_fd(fd, step->path, max, out, &ignored) == 0 &&
	       strlen(out->data) == out->len;
}

static bool holds(const struct apply_step *step, size_t max, bool (*check)(const char *))
{
	cleanup_buf struct buf text = BUF_INIT;

	return read_change(step, max, &text) && check(text.data);
}

/* One or more commits, a line each. */
static bool is_hashes(const char *text)
{
	for (; *text; text++) {
		size_t len = strcspn(text, "\n");

		if (!git_is_hash(text, len) || !text[len])
			return false;
		text += len;
	}
	return true;
}

static bool is_message(const char *text)
{
	(void)text;
	return true;
}

/* Files with rules of their own in a git directory. */
static const struct {
	const char *name;
	bool (*check)(const char *text);
	bool stays; /* never deleted */
} files[] = {
	{"HEAD", git_is_ref, true},
	{"packed-refs", git_is_packed_refs, true},
	{"ORIG_HEAD", is_hashes, false},
	{"MERGE_HEAD", is_hashes, false},
	{"CHERRY_PICK_HEAD", is_hashes, false},
	{"REVERT_HEAD", is_hashes, false},
	{"MERGE_MODE", is_message, false},
	{"MERGE_MSG", is_message, false},
	{"SQUASH_MSG", is_message, false},
	{"COMMIT_EDITMSG", is_message, false},
};

static bool is_hex(const char *p, size_t n)
{
	return strspn(p, "0123456789abcdef") >= n;
}

static bool is_pack(const char *name)
{
	static const char *const suffixes[] = {".pack", ".idx", ".rev", ".bitmap", ".mtimes"};
	size_t len = strspn(name, "0123456789abcdef");

	if (len != 40 && len != 64)
		return false;
	return is_among(name + len, suffixes, ARRAY_SIZE(suffixes));
}

static bool is_object(const char *path, bool folder)
{
	bool fan = strlen(path) >= 2 && is_hex(path, 2);

	if (folder)
		return streq(path, "pack") || streq(path, "info") || (fan && !path[2]);
	if (starts_with(path, "pack/pack-"))
		return is_pack(path + strlen("pack/pack-"));
	return fan && path[2] == '/' && (strlen(path + 3) == 38 || strlen(path + 3) == 62) &&
	       is_hex(path + 3, strlen(path + 3));
}

/* An object's name determines its content: none is replaced, and what gc removed stays. */
static const char *judge_object(struct apply_step *step, const char *path)
{
	if (step->change.kind == CHANGE_DELETED)
		return pass;
	if (*path && !is_object(path, S_ISDIR(step->change.st.st_mode)))
		return starts_with(path, "info/") || starts_with(path, "pack/")
			       ? "git can create it again, or it would lead git to other data"
			       : "it is not an object";
	step->first = true;
	return step->change.kind == CHANGE_ADDED ? take : pass;
}

static const struct apply_step *find_step(const struct apply_plan *p, const char *dir,
					  const char *name)
{
	cleanup_free char *path = path_join(dir, name);

	for (size_t i = 0; i < p->n; i++)
		if (streq(p->v[i].path, path))
			return &p->v[i];
	return NULL;
}

/* Git deletes a reference when it packs it into packed-refs: apply both, or neither. */
static bool is_packed_safely(struct sorting *s, const char *git)
{
	const struct apply_step *packed;

	if (s->packed_of && streq(s->packed_of, git))
		return s->packed_safely;
	free(s->packed_of);
	s->packed_of = xstrdup(git);
	packed = find_step(s->plan, git, "packed-refs");
	s->packed_safely = !packed ||
			   (!packed->change.link && packed->change.kind != CHANGE_DELETED &&
			    holds(packed, PACKED_MAX, git_is_packed_refs));
	return s->packed_safely;
}

static const char *judge_ref(struct sorting *s, const struct apply_step *step, const char *git,
			     const char *name)
{
	bool folder = S_ISDIR(step->change.st.st_mode);

	if (step->change.kind == CHANGE_DELETED) {
		if (folder && (!strchr(name, '/') || !strchr(strchr(name, '/') + 1, '/')))
			return pass;
		return is_packed_safely(s, git) ? take : no_ref;
	}
	if (!streq(name, "refs") && !git_is_ref_name(name))
		return no_ref;
	return folder || holds(step, REF_MAX, git_is_ref) ? take : no_ref;
}

static const char *judge_log(const struct apply_step *step, const char *name)
{
	bool gone = step->change.kind == CHANGE_DELETED;

	if (!*name)
		return gone ? pass : take;
	return streq(name, "HEAD") || streq(name, "refs") || git_is_ref_name(name) ? take : no_ref;
}

/* Only the host's own index decides which files git looks at and which repositories it enters. */
static const char *judge_index(const struct apply_step *step, const char *git)
{
	cleanup_git_index struct git_index now = {0}, was = {0};
	cleanup_close int dir = open(git, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;
	cleanup_buf struct buf data = BUF_INIT;
	struct err ignored;

	if (step->change.kind == CHANGE_DELETED || change_open(&step->change, &fd, &ignored) < 0 ||
	    file_read_fd(fd, step->path, GIT_INDEX_MAX, &data, &ignored) < 0 ||
	    git_index_parse(&data, &now, &ignored) < 0)
		return "it is not an index that git should see: 'git reset' writes it again";
	if (now.extended || now.unnamed)
		return "it tells git to skip files: 'git reset' writes it again";
	if (now.gitlinks.n && dir >= 0)
		(void)!git_index_read(dir, &was, &ignored);
	for (size_t i = 0; i < now.gitlinks.n; i++)
		if (!strv_has(&was.gitlinks, now.gitlinks.v[i]))
			return "it names a repository that the host's does not: 'git reset' writes "
			       "it again";
	return take;
}

static const char *judge_file(const struct apply_step *step, const char *git, const char *name)
{
	if (S_ISDIR(step->change.st.st_mode))
		return obeyed;
	if (streq(name, "index"))
		return judge_index(step, git);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (!streq(name, files[i].name))
			continue;
		if (step->change.kind == CHANGE_DELETED)
			return files[i].stays ? "git needs it" : take;
		return holds(step, PACKED_MAX, files[i].check) ? take : no_ref;
	}
	return ends_with(name, ".lock") || streq(name, "gc.pid") ? pass : obeyed;
}

static const char *judge_in_git(struct sorting *s, struct apply_step *step, const char *git,
				const char *rest);

/* Data of a submodule or worktree is treated like any repository's, if the host has it. */
static const char *judge_nested(struct sorting *s, struct apply_step *step, const char *git,
				const char *rest, bool slashes)
{
	const char *end = strchr(rest, '/');

	while (end && (end = strchr(end + 1, '/'))) {
		cleanup_free char *name = xstrndup(rest, (size_t)(end - rest));
		cleanup_free char *sub = path_join(git, name);

		if (exists(sub, "HEAD"))
			return judge_in_git(s, step, sub, end + 1);
		if (!slashes)
			break;
	}
	return "it is of a submodule or worktree that the host has not";
}

static bool has_dot_git(const char *rest)
{
	for (; *rest; rest += rest[0] == '/') {
		size_t len = strcspn(rest, "/");

		if (git_is_dot_git(rest, len))
			return true;
		rest += len;
	}
	return false;
}

/* rest: the path in the git directory `git`, or "" for that itself. */
static const char *judge_in_git(struct sorting *s, struct apply_step *step, const char *git,
				const char *rest)
{
	size_t len = strcspn(rest, "/");
	const char *below = rest[len] ? rest + len + 1 : "";
	cleanup_free char *first = xstrndup(rest, len);

	if (step->change.link || has_dot_git(rest))
		return elsewhere;
	if (!*rest && step->change.kind == CHANGE_DELETED)
		return "the host's repository would be gone with it";
	if (!*rest)
		return S_ISDIR(step->change.st.st_mode) ? take : elsewhere;
	if (streq(first, "objects"))
		return judge_object(step, below);
	if (streq(first, "refs"))
		return judge_ref(s, step, git, rest);
	if (streq(first, "logs"))
		return judge_log(step, below);
	if (streq(first, "modules") || streq(first, "worktrees"))
		return judge_nested(s, step, git, rest, streq(first, "modules"));
	return *below ? obeyed : judge_file(step, git, first);
}

static bool is_fresh(const struct sorting *s, const char *dir)
{
	struct candidate key = {.dir = (char *)dir};

	return s->n_fresh && bsearch(&key, s->fresh, s->n_fresh, sizeof(*s->fresh), by_dir);
}

/* Steps are sorted by path, so most directories on the way are those of the previous step. */
static bool is_repository(struct sorting *s, size_t depth, const char *dir)
{
	struct known *k;

	if (depth >= MAX_DEPTH)
		return is_whole(parts_of_host(dir));
	k = &s->known[depth];
	if (!k->dir || !streq(k->dir, dir)) {
		free(k->dir);
		*k = (struct known){xstrdup(dir), is_whole(parts_of_host(dir))};
	}
	return k->is_repository;
}

/* In a directory that is a repository and has other files too: does this name belong to git? */
static bool is_gits(const char *name)
{
	static const char *const names[] = {"HEAD",	   "objects",	   "refs",
					    "packed-refs", "config",	   "config.worktree",
					    "commondir",   "gitdir",	   "hooks",
					    "info",	   "index",	   "logs",
					    "modules",	   "worktrees",	   "branches",
					    "remotes",	   "rebase-merge", "rebase-apply",
					    "sequencer"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

static const char *judge(struct sorting *s, struct apply_step *step)
{
	size_t depth = 0;

	for (const char *p = step->path + 1; *p; p += p[0] == '/', depth++) {
		size_t len = strcspn(p, "/");
		cleanup_free char *name = xstrndup(p, len);
		cleanup_free char *dir = xstrndup(step->path, (size_t)(p - step->path) - 1);
		cleanup_free char *git = xstrndup(step->path, (size_t)(p - step->path) + len);

		if (streq(name, ".git"))
			return judge_in_git(s, step, git, p[len] ? p + len + 1 : "");
		if (git_is_dot_git(name, len))
			return "its name is .git on some file systems";
		if (*dir && is_gits(name) && is_fresh(s, dir))
			return becomes;
		if (*dir && is_gits(name) && is_repository(s, depth, dir))
			return judge_in_git(s, step, dir, p);
		p += len;
	}
	return take;
}

static void leave(struct apply_plan *p, const struct apply_step *step, const char *why)
{
	for (size_t i = 0; i < p->n_left; i++)
		if (p->left[i].is_folder && path_is_beneath(step->path, p->left[i].path))
			return;
	p->left[p->n_left++] = (struct apply_left){.path = xstrdup(step->path),
						   .is_folder = S_ISDIR(step->change.st.st_mode),
						   .why = why};
}

static void sorting_clear(struct sorting *s)
{
	for (size_t i = 0; i < MAX_DEPTH; i++)
		free(s->known[i].dir);
	for (size_t i = 0; i < s->n_fresh; i++)
		free(s->fresh[i].dir);
	free(s->fresh);
	free(s->packed_of);
	free(s);
}

void apply_git_sort_out(struct apply_plan *p)
{
	struct sorting *s = xcalloc(1, sizeof(*s));
	const char **verdicts = xcalloc(p->n + 1, sizeof(*verdicts));
	size_t kept = 0;

	s->plan = p;
	find_fresh(s);
	/* Collects all before dropping any: they are judged together. */
	for (size_t i = 0; i < p->n; i++) {
		verdicts[i] = judge(s, &p->v[i]);
		/* A directory comes before its content. */
		p->v[i].first |= S_ISDIR(p->v[i].change.st.st_mode) &&
				 p->v[i].change.kind == CHANGE_ADDED;
	}
	p->left = xcalloc(p->n + 1, sizeof(*p->left));
	for (size_t i = 0; i < p->n; i++) {
		if (verdicts[i] == take) {
			p->v[kept++] = p->v[i];
			continue;
		}
		if (verdicts[i] != pass)
			leave(p, &p->v[i], verdicts[i]);
		free(p->v[i].path);
	}
	p->n = kept;
	sorting_clear(s);
	free(verdicts);
}
