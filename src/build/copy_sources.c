/*
 * copy_sources.c - from the words of a step to files.
 */
#include "build/copy_sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "build/copy_find.h"
#include "build/heredoc.h"
#include "build/remote.h"
#include "build/values.h"

static void source_clear(struct copy_source *s)
{
	free(s->real);
	free(s->name);
	free(s->written);
	free(s->prefix);
	ignore_clear(&s->includes);
	close_fd(&s->fd);
}

void copy_sources_clear(struct copy_sources *s)
{
	for (size_t i = 0; i < s->n; i++)
		source_clear(&s->v[i]);
	free(s->v);
	ignore_clear(&s->flags.excludes);
	if (s->view.tree)
		copy_view_close(&s->view);
	for (size_t i = 0; i < s->n_repositories; i++)
		copy_view_close(&s->repositories[i]);
	free(s->repositories);
	*s = (struct copy_sources){0};
}

static struct copy_source *add_source(struct copy_sources *s, const char *written)
{
	s->v = xrealloc(s->v, s->n + 1, sizeof(*s->v));
	s->v[s->n] = (struct copy_source){.fd = -1, .written = xstrdup(written)};
	return &s->v[s->n++];
}

static int read_flag(struct copy_flags *f, const char *name, const char *value, struct err *e)
{
	bool unpack = false;
	int r;

	if (streq(name, "chown"))
		f->chown = *value ? value : NULL;
	else if (streq(name, "chmod"))
		f->chmod = *value ? value : NULL;
	else if (streq(name, "checksum"))
		f->checksum = *value ? value : NULL;
	else if (streq(name, "exclude"))
		return ignore_add(&f->excludes, value, e);
	else if (streq(name, "link"))
		return values_bool("--link", value, &f->link, e);
	else if (streq(name, "parents"))
		return values_bool("--parents", value, &f->parents, e);
	else if (streq(name, "keep-git-dir"))
		return values_bool("--keep-git-dir", value, &f->keep_git_dir, e);
	else if (streq(name, "unpack")) {
		r = values_bool("--unpack", value, &unpack, e);
		f->unpack = f->unpack_remote = unpack;
		return r;
	}
	return 0;
}

/* A here-document: a file in memory, with its name. */
static int add_content(struct copy_sources *s, const char *name, const char *text,
		       struct timespec time, struct err *e)
{
	struct copy_source *source = add_source(s, name);
	int r;

	source->fd = memfd_create("here-document", MFD_CLOEXEC);
	if (source->fd < 0)
		return err_sys(e, errno, "cannot write the here-document '%s'", name);
	r = write_all(source->fd, text, strlen(text));
	if (r < 0)
		return err_sys(e, -r, "cannot write the here-document '%s'", name);
	source->name = xstrdup(path_basename(name));
	source->mode = 0644;
	source->mtime = time;
	return 0;
}

bool copy_source_is_repository(const struct copy_source *source)
{
	return source->view && source->view->tree->is_context && source->view->tree->key;
}

/* Its files go where those of a directory would. */
static int add_repository(struct copy_sources *s, const struct copy_request *req, const char *url,
			  struct err *e)
{
	size_t i = s->n_repositories;
	struct copy_source *source;
	int r;

	if (i >= req->n_repositories)
		return err_set(e, ENOTSUP, "'%s' cannot be fetched here", url);
	if (!s->repositories)
		s->repositories = xcalloc(req->n_repositories, sizeof(*s->repositories));
	r = copy_view_open(&req->repositories[i], &s->repositories[i], e);
	if (r < 0)
		return r;
	s->n_repositories++;
	source = add_source(s, url);
	source->view = &s->repositories[i];
	source->real = xstrdup("");
	source->name = xstrdup("");
	return 0;
}

/* As in Docker, only root may read it. */
static int add_remote(struct copy_sources *s, const struct copy_request *req,
		      struct copy_remotes *remotes, const char *url, struct err *e)
{
	struct copy_remote file = {.fd = -1};
	struct copy_source *source;
	int r;

	if (remote_kind(url) == REMOTE_GIT)
		return add_repository(s, req, url, e);
	r = copy_remotes_get(remotes, url, s->flags.checksum, req->limits.max_bytes, &file, e);
	if (r < 0)
		return err_add(e, "cannot add '%s'", url);
	source = add_source(s, url);
	source->fd = file.fd;
	source->name = file.name;
	source->mode = 0600;
	source->mtime = file.mtime;
	source->unpack = s->flags.unpack_remote;
	return 0;
}

/* One of what `path`, as it is written, was found to be. */
static struct copy_source *add_found(struct copy_sources *s, const char *path, const char *real,
				     const char *name)
{
	struct copy_source *source = add_source(s, path);

	source->view = &s->view;
	source->real = xstrdup(real);
	source->name = xstrdup(name);
	source->matched = copy_find_is_pattern(path);
	return source;
}

/* "PIVOT/./PATTERN": what is beneath the pivot and matches is copied with its parents. */
static int add_with_parents(struct copy_sources *s, const char *path, struct err *e)
{
	const char *pivot = strstr(path, "/./"), *pattern = pivot ? pivot + 3 : path;
	cleanup_free char *top = pivot ? xstrndup(path, (size_t)(pivot - path)) : xstrdup("/");
	cleanup_free char *clean = path_normalize("/", pattern);
	cleanup_strv struct strv reals = {0}, names = {0};
	int r = copy_find(&s->view, top, &reals, &names, e);

	for (size_t i = 0; r == 0 && i < reals.n; i++) {
		struct copy_source *source = add_found(s, path, reals.v[i], names.v[i]);

		source->prefix = xstrndup(clean + 1, copy_find_prefix(clean + 1));
		/* "**", which means all, is no pattern of its own for ignore.h. */
		if (clean[1])
			r = ignore_add(&source->includes, clean + 1, e);
	}
	return r;
}

static int add_path(struct copy_sources *s, const struct copy_request *req, const char *path,
		    struct err *e)
{
	const struct copy_tree *from = req->from;
	cleanup_strv struct strv reals = {0}, names = {0};
	int r;

	/* A repository that is not fetched: its key and the words stand for the files. */
	if (from->is_context && from->key && !from->n)
		return 0;
	if (s->flags.parents)
		return add_with_parents(s, path, e);
	r = copy_find(&s->view, path, &reals, &names, e);
	for (size_t i = 0; r == 0 && i < reals.n; i++)
		add_found(s, path, reals.v[i], names.v[i])->unpack = s->flags.unpack;
	if (r == -ENOENT)
		return err_set(e, ENOENT, "'%s' does not exist in %s", path, req->from->name);
	return r;
}

static int add_all(struct copy_sources *s, const struct copy_request *req,
		   struct copy_remotes *remotes, struct err *e)
{
	const struct instruction *in = req->step->of->in;
	const struct strv *args = &req->step->args;
	int r = 0;

	s->written = args->n - 1;
	for (size_t i = 0; r == 0 && i < s->written; i++) {
		cleanup_free char *name = NULL;
		bool ignored;

		if (in->n_heredocs && heredoc_word(args->v[i], &name, &ignored, &ignored, e) > 0)
			continue;
		if (in->kind == INSTRUCTION_ADD && remote_kind(args->v[i]) != REMOTE_NONE)
			r = add_remote(s, req, remotes, args->v[i], e);
		else
			r = add_path(s, req, args->v[i], e);
	}
	for (size_t i = 0; r == 0 && i < req->step->contents.n; i++)
		r = add_content(s, in->heredocs[i].name, req->step->contents.v[i], req->time, e);
	/* The list does not move any more. */
	for (size_t i = 0; r == 0 && i < s->n; i++)
		s->v[i].filter = (struct copy_filter){
			.excludes = s->flags.excludes.n ? &s->flags.excludes : NULL,
			.includes = s->v[i].includes.n ? &s->v[i].includes : NULL,
			.prefix = s->v[i].prefix,
		};
	return r;
}

int copy_sources_read(const struct copy_request *req, struct copy_remotes *remotes,
		      struct copy_sources *ret, struct err *e)
{
	const struct step *step = req->step;
	struct copy_sources *s = ret;
	int r = 0;

	*s = (struct copy_sources){.destination = step->args.v[step->args.n - 1]};
	s->flags.unpack = step->of->in->kind == INSTRUCTION_ADD;
	for (size_t i = 0; r == 0 && i + 1 < step->flags.n; i += 2)
		r = read_flag(&s->flags, step->flags.v[i], step->flags.v[i + 1], e);
	if (r == 0)
		r = copy_view_open(req->from, &s->view, e);
	return r == 0 ? add_all(s, req, remotes, e) : r;
}

struct visit {
	const struct copy_source *source;
	const struct copy_visitor *visitor;
	size_t n;
};

static int visit(void *ctx, const struct copy_entry *entry, struct err *e)
{
	struct visit *v = ctx;

	v->n += *entry->path || entry->type != 'd' || !v->source->filter.includes;
	return v->visitor->each(v->visitor->ctx, v->source, entry, e);
}

static int walk_content(const struct copy_source *source, const struct copy_visitor *visitor,
			struct err *e)
{
	struct copy_entry entry = {
		.path = "", .real = source->written, .type = 'f', .mode = source->mode, .dir = -1};

	if (fstat(source->fd, &entry.st) < 0)
		return err_sys(e, errno, "cannot look at '%s'", source->written);
	entry.st.st_mtim = source->mtime;
	return visitor->each(visitor->ctx, source, &entry, e);
}

/* Nothing was found. */
static int missing(const struct copy_source *source, size_t ignored, struct err *e)
{
	const char *where = source->view->tree->name;

	if (ignored)
		return err_set(e, ENOENT,
			       "'%s' is not in %s: line %zu of its .dockerignore leaves it out",
			       source->written, where, ignored);
	return err_set(e, ENOENT, "'%s' does not exist in %s", source->written, where);
}

/* --exclude also leaves out a file that the pattern of a source itself matched. */
static bool is_excluded(const struct copy_source *source)
{
	const struct copy_filter *f = &source->filter;
	struct err ignored;
	struct stat st;
	size_t layer;

	return source->matched && f->excludes && !f->includes &&
	       ignore_matches(f->excludes, source->name, NULL) &&
	       view_lookup(&source->view->view, source->real, &layer, &st, &ignored) == 0 &&
	       !S_ISDIR(st.st_mode);
}

int copy_sources_walk(const struct copy_sources *s, const struct copy_visitor *visitor,
		      struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n; i++) {
		const struct copy_source *source = &s->v[i];
		struct visit v = {.source = source, .visitor = visitor};
		size_t ignored = 0;

		if (!source->view) {
			r = walk_content(source, visitor, e);
			continue;
		}
		if (is_excluded(source) || (visitor->by_key && copy_source_is_repository(source)))
			continue;
		r = copy_view_walk(source->view, source->real, &source->filter, visit, &v, &ignored,
				   e);
		if (r == 0 && !v.n && !source->matched)
			r = missing(source, ignored, e);
	}
	return r;
}
